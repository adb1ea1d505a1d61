internal import PGOutput
internal import PGWire
internal import ReplicationCore

/// Writes the messages of one stream as lines of text.
protocol LineFormatter {
  /// What is known of types that aren't built in.
  var types: TypeCatalog { get set }

  /// Appends the lines of a message, each with its line feed, or nothing.
  ///
  /// - Parameters:
  ///   - lsn: The position of the change, from the frame around the message.
  ///   - xid: In a streamed block, the transaction or subtransaction that the message belongs to.
  /// - Throws: If the message can't be written; then nothing is appended.
  mutating func append(
    _ message: PgOutputMessage, at lsn: LSN, provisionalIn xid: UInt32?, to output: inout [UInt8]
  ) throws(JSONFormatError)

  /// Appends the line which says that the lines of a transaction don't count: it broke off, and is
  /// printed again from its beginning.
  mutating func appendWithdrawal(of transaction: TransactionInfo, to output: inout [UInt8])
}

extension LineFormatter {
  /// Nothing: of formats without such a line only whole transactions are printed.
  func appendWithdrawal(of transaction: TransactionInfo, to output: inout [UInt8]) {}
}

/// Decodes the events of one stream for a formatter.
struct LineFormat<Formatter: LineFormatter>: EventFormat {
  private var decoder = PgOutputDecoder()
  private var formatter: Formatter
  private(set) var unexplained: Relation?
  /// The transaction at hand.
  private(set) var xid: UInt32?

  init(_ formatter: Formatter) {
    self.formatter = formatter
  }

  mutating func learn(_ types: TypeCatalog) {
    formatter.types = types
  }

  mutating func write(_ event: ReplicationEvent, to output: inout [UInt8]) throws {
    switch event {
    case .begin(let begin):
      xid = begin.xid
      try formatter.append(
        .begin(begin), at: begin.finalLSN, provisionalIn: nil, to: &output)
    case .commit(let commit):
      try formatter.append(
        .commit(commit), at: commit.commitLSN, provisionalIn: nil, to: &output)
    case .message(let message):
      try formatter.append(
        .message(message), at: message.lsn, provisionalIn: message.xid, to: &output)
    case .xLogData(let data):
      let relation = try data.payload.withBytes { (bytes) throws(JSONFormatError) in
        try Self.write(bytes, at: data.start, &decoder, &formatter, &xid, &output)
      }
      unexplained = relation.flatMap { formatter.types.isComplete(for: $0) ? nil : $0 }
    default: break
    }
  }

  /// - Returns: The relation that the message announces, if it does.
  private static func write(
    _ bytes: Span<UInt8>, at lsn: LSN, _ decoder: inout PgOutputDecoder,
    _ formatter: inout Formatter, _ transaction: inout UInt32?, _ output: inout [UInt8]
  ) throws(JSONFormatError) -> Relation? {
    let xid = decoder.xid(of: bytes)
    return try decoder.decode(bytes, at: lsn, wrappingErrors: JSONFormatError.decoding) {
      (message) throws(JSONFormatError) -> Relation? in
      try formatter.append(message, at: lsn, provisionalIn: xid, to: &output)
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
