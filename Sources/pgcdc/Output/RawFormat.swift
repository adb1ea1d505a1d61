internal import ChangeFormats
internal import PGWire
internal import ReplicationCore

/// The messages of the plugin as they are, a line break after each.
struct RawFormat: EventFormat {
  mutating func write(_ event: ReplicationEvent, to output: inout OutputBuffer) {
    guard case .xLogData(let data) = event else { return }
    data.payload.withBytes { bytes in output.append(bytes) }
    output.append(UInt8(ascii: "\n"))
  }
}
