internal import ChangeSinks
internal import PGWire

extension SinkPosition {
  /// The id of the record's entry: `27262976-0`.
  var streamID: String { "\(lsn.rawValue)-\(index)" }

  /// The place of the record with this id.
  init?(streamID: String) {
    let parts = streamID.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let lsn = UInt64(parts[0]), let index = UInt64(parts[1]) else {
      return nil
    }
    self.init(lsn: LSN(rawValue: lsn), index: index)
  }

  /// The least id above this one; `nil` for the last one that there is.
  var following: SinkPosition? {
    if index < .max { return SinkPosition(lsn: lsn, index: index + 1) }
    guard lsn.rawValue < .max else { return nil }
    return SinkPosition(lsn: LSN(rawValue: lsn.rawValue + 1), index: 0)
  }
}
