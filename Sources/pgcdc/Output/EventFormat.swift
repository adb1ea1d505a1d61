internal import CDCTime
internal import PGOutput
internal import PGWire
internal import ReplicationCore

/// A way to write events.
protocol EventFormat {
  /// The relation that the last event has brought, if its types have to be looked up.
  var unexplained: Relation? { get }
  /// The transaction that it came in.
  var xid: UInt32? { get }
  /// Takes in what types are made of.
  mutating func learn(_ types: TypeCatalog)
  /// Appends what is to be written for an event, which may be nothing.
  mutating func write(_ event: ReplicationEvent, to output: inout [UInt8]) throws
}

extension EventFormat {
  var unexplained: Relation? { nil }
  var xid: UInt32? { nil }
  mutating func learn(_ types: TypeCatalog) {}
}

/// The messages of the plugin as they are, a line break after each.
struct RawFormat: EventFormat {
  mutating func write(_ event: ReplicationEvent, to output: inout [UInt8]) {
    guard case .xLogData(let data) = event else { return }
    data.payload.withBytes { bytes in
      for index in bytes.indices { output.append(bytes[index]) }
    }
    output.append(UInt8(ascii: "\n"))
  }
}

/// One line for each event: what arrived, not what is in it.
struct EventsFormat: EventFormat {
  mutating func write(_ event: ReplicationEvent, to output: inout [UInt8]) {
    output += line(event).utf8
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
      "message lsn=\(message.lsn) transactional=\(message.transactional) "
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
