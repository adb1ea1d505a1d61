import CDCTime
import PGWire

/// The transaction whose changes come.
struct OpenTransaction: Sendable {
  let xid: UInt32
  /// The position of the commit, or of the prepare.
  let position: LSN
  let time: PostgresTimestamp
  /// Whether it may yet be rolled back.
  let isPrepared: Bool
  /// How many of its changes have come.
  var changes = 0
  /// How many events were written of it.
  var events = 0

  init(_ xid: UInt32, at position: LSN, _ time: PostgresTimestamp, isPrepared: Bool) {
    self.xid = xid
    self.position = position
    self.time = time
    self.isPrepared = isPrepared
  }
}
