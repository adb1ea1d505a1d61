internal import PGOutput
internal import PGWire
internal import ReplicationCore

/// Gives records their places.
struct RecordCursor: Sendable {
  /// The last place that was given.
  private(set) var last: SinkPosition
  private var upcoming: SinkPosition
  /// The last record that the engine has; `nil` if it has whole transactions.
  private let written: SinkPosition?

  init(after state: SinkState) {
    // Engines have no place for a record at zero.
    last = state.position ?? SinkPosition(lsn: .zero, index: 0)
    upcoming = last.next
    written = state.unfinished
  }

  /// The records of a transaction follow.
  mutating func begin(_ transaction: ReplicationTransaction) {
    upcoming = SinkPosition(lsn: transaction.place, index: 0)
  }

  /// Records that belong to no transaction follow.
  mutating func beginRows() { upcoming = last.next }

  /// The place of the next record.
  mutating func takeNext() -> SinkPosition {
    last = upcoming
    upcoming = last.next
    return last
  }

  /// Whether the engine has the record whose place was given last.
  var isKnown: Bool { written.map { last <= $0 } ?? false }
}

extension ReplicationTransaction {
  /// A position that no other step of the slot has.
  ///
  /// A message may end where the next commit begins; its last byte is its own.
  fileprivate var place: LSN {
    guard kind == .message, commitLSN > .zero else { return commitLSN }
    return LSN(rawValue: commitLSN.rawValue - 1)
  }
}
