public import PGWire

/// What is known of each table.
extension IncrementalState {
  /// A table that is being read, or was.
  public struct Table: Hashable, Sendable {
    /// Its oid, which outlives its names.
    public let oid: UInt32
    /// From which position on it is whole; `nil` while it is being read.
    public let wholeFrom: LSN?
    /// Its ranges in the order of their keys, which together are the whole table; none once it is
    /// whole.
    ///
    /// What was read becomes one long range, so their number says nothing of how many there were.
    public let ranges: [Range]
  }

  /// A range of a table that is being read.
  public struct Range: Hashable, Sendable {
    /// The keys of its rows.
    public let keys: SnapshotKeyRange
    /// How far it is.
    public let stage: Stage
  }

  /// How far a range is.
  @nonexhaustive public enum Stage: Hashable, Sendable {
    /// It has not been read, or not to its end.
    case unread
    /// Its rows were delivered; changes before the position are still compared with them.
    case delivered(until: LSN)
    /// Its rows were delivered, and the stream is past their position.
    case done
    /// The reading was cancelled before it came to this range.
    case cancelled
  }

  /// All tables, by their oid.
  public var tables: [Table] {
    let whole = progress.whole.map { Table(oid: $0.key, wholeFrom: $0.value, ranges: []) }
    let open = progress.tables.map { oid, table in
      Table(
        oid: oid, wholeFrom: nil,
        ranges: table.ranges.pieces.indices.map { index in
          Range(
            keys: SnapshotKeyRange(table.ranges.range(at: index), table.shape),
            stage: Stage(table.ranges.pieces[index].state))
        })
    }
    return (whole + open).sorted { $0.oid < $1.oid }
  }
}

extension IncrementalState.Stage {
  fileprivate init(_ state: RangeState) {
    switch state {
    case .open, .claimed, .arming, .reading, .lost: self = .unread
    case .done(let point): self = .delivered(until: point.horizon)
    case .passed: self = .done
    case .released: self = .cancelled
    }
  }
}
