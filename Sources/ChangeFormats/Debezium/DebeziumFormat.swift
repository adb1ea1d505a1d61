import CDCTime
import PGOutput
import PGWire

/// Writes changes as Debezium's PostgreSQL connector does, one event a line: the value of a Kafka
/// record as Kafka Connect's JSON converter prints it without schemas.
///
///     {"before":null,"after":{"id":1},"source":{…},"transaction":null,"op":"c","ts_ms":…,…}
///
/// `op` is c (insert), u, d, t (truncate; only if asked for) or m (logical message). An update of a
/// key is a deletion and an insertion. Begin and Commit give no line. What may yet be rolled back
/// is an error, since there is no way to say it.
///
/// Debezium: <https://debezium.io/documentation/reference/3.6/connectors/postgresql.html>
struct DebeziumLineFormatter: LineFormatter {
  private var source: DebeziumSource
  private var rows: DebeziumRowWriter
  private let printsTruncates: Bool
  private let options: LineOptions
  private let now: @Sendable () -> PostgresTimestamp

  /// - Parameters:
  ///   - printsTruncates: Whether a truncate is an event, which it isn't by Debezium's default.
  ///   - options: The limits; documents are strings in any case, as Debezium has them.
  ///   - now: The clock that tells when an event was made.
  init(
    source: DebeziumSource, printsTruncates: Bool, types: TypeCatalog = TypeCatalog(),
    options: LineOptions = LineOptions(),
    now: @escaping @Sendable () -> PostgresTimestamp = { PostgresTimestamp.now() }
  ) {
    self.source = source
    self.printsTruncates = printsTruncates
    self.types = types
    self.options = options
    self.now = now
    rows = DebeziumRowWriter(types, options)
  }

  var types: TypeCatalog {
    didSet { rows = DebeziumRowWriter(types, options) }
  }

  mutating func append(
    _ message: PgOutputMessage, at lsn: LSN, provisionalIn xid: UInt32?, to output: inout [UInt8]
  ) throws(JSONFormatError) {
    switch message {
    case .begin(let begin): source.begin(begin)
    case .commit(let commit): source.end(commit)
    case .origin(let origin): source.note(origin)
    case .message(let message): append(message, to: &output)
    case .truncate(let truncate):
      guard printsTruncates else { return }
      for relation in truncate.relations { appendTruncate(of: relation, at: lsn, to: &output) }
    case .insert, .update, .delete:
      let start = output.count
      do throws(JSONFormatError) {
        try appendChange(message, at: lsn, to: &output)
      } catch {
        output.removeLast(output.count - start)
        throw error
      }
    case .streamStart: throw .provisional(.streamStart, lsn: lsn)
    case .beginPrepare: throw .provisional(.beginPrepare, lsn: lsn)
    default: break
    }
  }

  private mutating func appendChange(
    _ message: PgOutputMessage, at lsn: LSN, to output: inout [UInt8]
  ) throws(JSONFormatError) {
    switch message {
    case .insert(let relation, let new):
      let table = rows.table(relation)
      rows.beginLine(after: output)
      output.append(json: #"{"before":null,"after":"#)
      try rows.append(new: new, old: nil, of: table, at: lsn, to: &output)
      appendEnd("c", of: table, at: lsn, to: &output)
    case .update(let relation, let old?, let new)
    where rows.table(relation).isKeyChanged(from: old, to: new):
      let table = rows.table(relation)
      try appendDelete(old, of: table, at: lsn, to: &output)
      rows.beginLine(after: output)
      output.append(json: #"{"before":null,"after":"#)
      try rows.append(new: new, old: old, of: table, at: lsn, to: &output)
      appendEnd("c", of: table, at: lsn, to: &output)
    case .update(let relation, let old, let new):
      let table = rows.table(relation)
      rows.beginLine(after: output)
      output.append(json: #"{"before":"#)
      try rows.append(old: old, of: table, at: lsn, to: &output)
      output.append(json: #","after":"#)
      try rows.append(new: new, old: old, of: table, at: lsn, to: &output)
      appendEnd("u", of: table, at: lsn, to: &output)
    case .delete(let relation, let old):
      try appendDelete(old, of: rows.table(relation), at: lsn, to: &output)
    default: return
    }
  }

  private mutating func appendDelete(
    _ old: TupleData, of table: JSONTable<DebeziumScalar>, at lsn: LSN, to output: inout [UInt8]
  ) throws(JSONFormatError) {
    rows.beginLine(after: output)
    output.append(json: #"{"before":"#)
    try rows.append(old: old, of: table, at: lsn, to: &output)
    output.append(json: #","after":null"#)
    appendEnd("d", of: table, at: lsn, to: &output)
  }

  private mutating func appendTruncate(
    of relation: Relation, at lsn: LSN, to output: inout [UInt8]
  ) {
    output.append(json: #"{"before":null,"after":null"#)
    appendEnd("t", of: rows.table(relation), at: lsn, to: &output)
  }

  private func appendEnd(
    _ operation: StaticString, of table: JSONTable<DebeziumScalar>, at lsn: LSN,
    to output: inout [UInt8]
  ) {
    let now = now()
    let micros = now.unixMicroseconds
    output.append(UInt8(ascii: ","))
    source.append(to: &output, at: lsn, now: now) { table.appendNames(to: &$0) }
    output.append(json: #","transaction":null,"op":""#)
    output.append(json: operation.description)
    output.append(json: #"","ts_ms":"#)
    output.append(json: String(micros.floored(by: 1000)))
    output.append(json: #","ts_us":"#)
    output.append(json: String(micros))
    output.append(json: #","ts_ns":"#)
    output.append(json: String(micros.nanoseconds))
    output.append(json: "}\n")
  }

  private mutating func append(_ message: LogicalMessage, to output: inout [UInt8]) {
    if !message.transactional { source.noteMessageOutside(at: message.lsn) }
    let now = now()
    output.append(json: #"{"op":"m","ts_ms":"#)
    output.append(json: String(now.unixMicroseconds.floored(by: 1000)))
    output.append(UInt8(ascii: ","))
    source.append(to: &output, at: message.lsn, now: now) {
      $0.append(json: #","schema":"","table":"""#)
    }
    output.append(json: #","transaction":null,"message":{"prefix":"#)
    output.append(string: message.prefix)
    output.append(json: #","content":"#)
    let content = message.content
    output.append(base64: content.span)
    output.append(json: "}}\n")
  }
}
