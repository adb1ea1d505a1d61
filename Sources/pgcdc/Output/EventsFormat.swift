internal import CDCTime
internal import ChangeFormats
internal import PGOutput
internal import PGWire
internal import ReplicationCore

/// One line for each event: what arrived, not what is in it.
struct EventsFormat: EventFormat {
  mutating func write(_ event: ReplicationEvent, to output: inout OutputBuffer) {
    output.append(line(event))
    output.append(UInt8(ascii: "\n"))
  }

  private func line(_ event: ReplicationEvent) -> String {
    switch event {
    case .begin(let begin):
      "begin xid=\(begin.xid) finalLSN=\(begin.finalLSN) commitTime=\(begin.commitTime.iso8601UTC)"
    case .commit(let commit):
      "commit commitLSN=\(commit.commitLSN) endLSN=\(commit.endLSN) "
        + "commitTime=\(commit.commitTime.iso8601UTC)"
    case .xLogData(let data):
      "xLogData start=\(data.start) end=\(data.end) sentAt=\(data.sentAt.iso8601UTC) "
        + "kind=\(kind(data.payload)) bytes=\(data.payload.count)"
    case .message(let message):
      "message lsn=\(message.lsn) transactional=\(message.isTransactional) "
        + "bytes=\(message.content.count)" + (message.xid.map { " xid=\($0)" } ?? "")
    case .keepAlive(let keepAlive):
      "keepAlive walEnd=\(keepAlive.walEnd) sentAt=\(keepAlive.sentAt.iso8601UTC) "
        + "replyRequested=\(keepAlive.replyRequested)"
    case .stoppedAt(let lsn): "stoppedAt \(lsn)"
    @unknown default: "unknown event"
    }
  }

  private func kind(_ payload: Payload) -> String {
    payload.first.flatMap { PgOutputMessage.Kind(rawValue: $0) }.map { "\($0)" } ?? "?"
  }
}
