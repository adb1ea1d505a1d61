internal import CDCTime
internal import PGWire
internal import ReplicationCore

/// The content of the `CopyData` that an event came in.
enum RecordedFrame {
  static func content(of event: ReplicationEvent) -> [UInt8]? {
    var writer = ByteWriter()
    switch event {
    case .xLogData(let data):
      writer.write(UInt8(ascii: "w"))
      writer.write(data.start)
      writer.write(data.end)
      writer.write(data.sentAt.microseconds)
      writer.write(contentsOf: data.payload.bytes())
    case .keepAlive(let keepAlive):
      writer.write(UInt8(ascii: "k"))
      writer.write(keepAlive.walEnd)
      writer.write(keepAlive.sentAt.microseconds)
      writer.write(UInt8(keepAlive.replyRequested ? 1 : 0))
    default: return nil
    }
    return writer.bytes
  }
}
