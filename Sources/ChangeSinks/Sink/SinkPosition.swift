internal import CDCTime
public import PGWire

/// The place of a record in the stream.
///
/// It grows from record to record, and is the same whenever the record is delivered again.
///
/// Engines use it as the record's identity: a stream id of Redis, a `Nats-Msg-Id`.
public struct SinkPosition: Hashable, Sendable {
  /// Where the record's transaction commits.
  ///
  /// Rows that a snapshot has read have that of the last record before them, or zero.
  public let lsn: LSN
  /// The number of the record in its transaction, from zero on; rows that a snapshot has read
  /// continue the count.
  public let index: UInt64

  /// A place in the stream.
  public init(lsn: LSN, index: UInt64) {
    self.lsn = lsn
    self.index = index
  }

  /// The place of a record that comes after this one and belongs to no transaction.
  ///
  /// The last number that there is has none behind it: an engine refuses to take it twice.
  var next: SinkPosition { SinkPosition(lsn: lsn, index: index.addingSaturating(1)) }
}

extension SinkPosition: Comparable {
  public static func < (left: SinkPosition, right: SinkPosition) -> Bool {
    left.lsn == right.lsn ? left.index < right.index : left.lsn < right.lsn
  }
}

extension SinkPosition: LosslessStringConvertible {
  /// As the server writes a position, with the number behind a slash: `0/1A2B3C8/12`.
  public var description: String { "\(lsn)/\(index)" }

  /// A place from its ``description``; `nil` for another text.
  public init?(_ description: String) {
    guard let slash = description.utf8.lastIndex(of: UInt8(ascii: "/")),
      let lsn = LSN(String(description[..<slash])),
      let index = UInt64(description[description.index(after: slash)...]),
      index <= UInt64(Int64.max)
    else { return nil }
    self.init(lsn: lsn, index: index)
  }
}
