internal import ChangeFormats
internal import PGOutput
internal import PGWire
internal import ReplicationCore

/// Decodes events as they come, and writes them in a format that knows their contents.
struct DecodedFormat<Format: ChangeFormat>: EventFormat {
  private var decoder = PgOutputDecoder()
  private var format: Format
  private(set) var unexplained: Relation?
  /// The current transaction.
  private(set) var xid: UInt32?

  init(_ format: Format) {
    self.format = format
  }

  mutating func learn(_ types: TypeCatalog) {
    format.types = types
  }

  mutating func write(_ event: ReplicationEvent, to output: inout OutputBuffer) throws {
    switch event {
    case .begin(let begin):
      xid = begin.xid
      try format.append(.begin(begin), at: begin.finalLSN, provisionalIn: nil, to: &output)
    case .commit(let commit):
      try format.append(.commit(commit), at: commit.commitLSN, provisionalIn: nil, to: &output)
    case .message(let message):
      try format.append(
        .message(message), at: message.lsn, provisionalIn: message.xid, to: &output)
    case .xLogData(let data):
      let relation = try data.payload.withBytes { (bytes) throws(FormatError) in
        try Self.write(bytes, at: data.start, &decoder, &format, &xid, &output)
      }
      unexplained = relation.flatMap { format.types.isComplete(for: $0) ? nil : $0 }
    default: break
    }
  }

  /// - Returns: The relation that the message announces, if it does.
  private static func write(
    _ bytes: Span<UInt8>, at lsn: LSN, _ decoder: inout PgOutputDecoder,
    _ format: inout Format, _ transaction: inout UInt32?, _ output: inout OutputBuffer
  ) throws(FormatError) -> Relation? {
    let xid = decoder.xid(of: bytes)
    return try decoder.decode(bytes, at: lsn, wrappingErrors: FormatError.decoding) {
      (message) throws(FormatError) -> Relation? in
      try format.append(message, at: lsn, provisionalIn: xid, to: &output)
      switch message {
      case .streamStart(let start): transaction = start.xid
      case .beginPrepare(let begin): transaction = begin.xid
      case .relation(let relation): return relation
      default: break
      }
      return nil
    }
  }
}
