internal import ChangeSinks
internal import PGWire

/// The text of records' places, `0/1A2B3C8/12`, of which only the end differs in a transaction.
struct PositionText {
  /// The text of the last place.
  private(set) var bytes: [UInt8] = []
  private var lsn: LSN?
  private var prefix = 0

  /// Writes a place, as its `description` does.
  mutating func set(_ position: SinkPosition) {
    if position.lsn == lsn {
      bytes.removeLast(bytes.count - prefix)
    } else {
      bytes = Array("\(position.lsn)/".utf8)
      lsn = position.lsn
      prefix = bytes.count
    }
    bytes.append(contentsOf: String(position.index).utf8)
  }
}
