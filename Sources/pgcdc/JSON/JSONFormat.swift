internal import PGOutput
internal import PGWire
internal import ReplicationCore

/// One JSON object a line.
struct JSONFormat: EventFormat {
  private var decoder = PgOutputDecoder()
  private var formatter = JSONLineFormatter()

  mutating func write(_ event: ReplicationEvent, to output: inout [UInt8]) throws {
    switch event {
    case .begin(let begin): try formatter.append(.begin(begin), at: begin.finalLSN, to: &output)
    case .commit(let commit):
      try formatter.append(.commit(commit), at: commit.commitLSN, to: &output)
    case .message(let message):
      try formatter.append(.message(message), at: message.lsn, to: &output)
    case .xLogData(let data):
      try data.payload.withBytes { (bytes) throws(JSONFormatError) in
        try Self.write(bytes, at: data.start, &decoder, &formatter, &output)
      }
    default: break
    }
  }

  private static func write(
    _ bytes: Span<UInt8>, at lsn: LSN, _ decoder: inout PgOutputDecoder,
    _ formatter: inout JSONLineFormatter, _ output: inout [UInt8]
  ) throws(JSONFormatError) {
    let xid = decoder.xid(of: bytes)
    try decoder.decode(bytes, at: lsn, wrappingErrors: JSONFormatError.decoding) {
      (message) throws(JSONFormatError) in
      try formatter.append(message, at: lsn, provisionalIn: xid, to: &output)
    }
  }
}
