package import CDCTime
public import PGOutput
public import PGWire
public import ReplicationCore

/// Events as Debezium's PostgreSQL connector makes them, one a line: the value of a Kafka record as
/// Kafka Connect's JSON converter prints it without schemas.
///
///     {"before":null,"after":{"id":1},"source":{…},"transaction":null,"op":"c","ts_ms":…,…}
///
/// `op` is c (insert), u, d, t (truncate; only if asked for), m (logical message) or r (read by an
/// incremental snapshot, with `source.snapshot` "incremental"). An update of a key is a deletion
/// and an insertion. The begin and the end of a transaction give no line. Changes that may still be
/// rolled back are an error, since an event can't say so.
///
/// Debezium: <https://debezium.io/documentation/reference/3.6/connectors/postgresql.html>
public struct DebeziumFormat: ChangeFormat {
  var source: DebeziumSource
  var rows: DebeziumRowWriter
  let options: Options

  /// What events say besides the changes, and the limits.
  public struct Options: Sendable {
    /// The connector's name in each event's source, which Debezium calls its `topic.prefix`.
    public var name: String
    /// The database's name in each event's source.
    public var database: String
    /// The version in each event's source.
    public var version: String
    /// Whether a truncate is an event, which it isn't by Debezium's default.
    public var printsTruncates = false
    /// The most bytes that a line may have; see ``JSONLineFormat/Options/maxLineBytes``.
    public var maxLineBytes: Int?
    /// The clock that says when an event was made.
    package var now: @Sendable () -> PostgresTimestamp = { PostgresTimestamp.now() }

    /// Options with Debezium's defaults.
    public init(name: String, database: String, version: String) {
      self.name = name
      self.database = database
      self.version = version
    }

    /// What is the same for all lines of JSON.
    fileprivate var lines: JSONLineFormat.Options {
      var lines = JSONLineFormat.Options()
      lines.maxLineBytes = maxLineBytes
      return lines
    }
  }

  /// Makes a format for one stream.
  ///
  /// - Parameter types: What is known of types that aren't built in.
  public init(types: TypeCatalog = TypeCatalog(), options: Options) {
    self.types = types
    self.options = options
    source = DebeziumSource(options)
    rows = DebeziumRowWriter(types, options.lines)
  }

  public var types: TypeCatalog {
    didSet { rows = DebeziumRowWriter(types, options.lines) }
  }

  public mutating func begin(
    _ transaction: ReplicationTransaction, to output: inout OutputBuffer
  ) throws(FormatError) {
    try begin(transaction.info)
  }

  public mutating func end(
    _ transaction: ReplicationTransaction, to output: inout OutputBuffer
  ) throws(ReplicationError) {
    guard let end = transaction.endLSN else { throw .notAtEnd }
    self.end(transaction.info, at: end)
  }

  public mutating func withdraw(
    _ transaction: ReplicationTransaction, to output: inout OutputBuffer
  ) {}

  public mutating func append(
    _ message: PgOutputMessage, at lsn: LSN, provisionalIn xid: UInt32?,
    to output: inout OutputBuffer
  ) throws(FormatError) {
    switch message {
    case .insert, .update, .delete:
      let start = output.count
      do throws(FormatError) {
        try appendChange(message, at: lsn, to: &output)
      } catch {
        output.truncate(to: start)
        throw error
      }
    case .begin(let begin): source.begin(begin.xid, begin.commitTime, nil)
    case .commit(let commit): source.end(at: commit.endLSN)
    case .origin(let origin): source.note(origin)
    case .message(let message): append(message, to: &output)
    case .truncate(let truncate):
      guard options.printsTruncates else { return }
      for relation in truncate.relations { appendTruncate(of: relation, at: lsn, to: &output) }
    case .streamStart: throw .provisional(.streamStart, lsn: lsn)
    case .beginPrepare: throw .provisional(.beginPrepare, lsn: lsn)
    default: break
    }
  }
}

extension DebeziumFormat {
  mutating func begin(_ transaction: TransactionInfo) throws(FormatError) {
    if case .prepared = transaction.kind {
      throw .provisional(.beginPrepare, lsn: transaction.commitLSN)
    }
    guard case .committed = transaction.kind, let time = transaction.time else { return }
    source.begin(transaction.xid, time, transaction.origin)
  }

  mutating func end(_ transaction: TransactionInfo, at end: LSN) {
    guard case .committed = transaction.kind else { return }
    source.end(at: end)
  }

  @inline(__always) private mutating func appendChange(
    _ message: PgOutputMessage, at lsn: LSN, to output: inout OutputBuffer
  ) throws(FormatError) {
    switch message {
    case .insert(let relation, let new):
      let table = rows.table(relation)
      rows.beginLine(after: output.count)
      output.append(json: #"{"before":null,"after":"#)
      try rows.append(new: new, of: table, at: lsn, to: &output)
      appendEnd("c", of: table, at: lsn, to: &output)
    case .update(let relation, let old?, let new):
      try appendUpdate(of: rows.table(relation), from: old, to: new, at: lsn, &output)
    case .update(let relation, nil, let new):
      let table = rows.table(relation)
      rows.beginLine(after: output.count)
      output.append(json: #"{"before":null,"after":"#)
      try rows.append(new: new, of: table, at: lsn, to: &output)
      appendEnd("u", of: table, at: lsn, to: &output)
    case .delete(let relation, let old):
      try appendDelete(old, of: rows.table(relation), at: lsn, to: &output)
    default: return
    }
  }

  private mutating func appendUpdate(
    of table: TableLayout<DebeziumScalar>, from old: TupleData, to new: TupleData, at lsn: LSN,
    _ output: inout OutputBuffer
  ) throws(FormatError) {
    let isKeyChanged = table.isKeyChanged(from: old, to: new)
    if isKeyChanged { try appendDelete(old, of: table, at: lsn, to: &output) }
    rows.beginLine(after: output.count)
    if isKeyChanged {
      output.append(json: #"{"before":null"#)
    } else {
      output.append(json: #"{"before":"#)
      try rows.append(old: old, of: table, at: lsn, to: &output)
    }
    output.append(json: #","after":"#)
    try rows.append(new: new, old: old, of: table, at: lsn, to: &output)
    appendEnd(isKeyChanged ? "c" : "u", of: table, at: lsn, to: &output)
  }

  private mutating func appendDelete(
    _ old: TupleData, of table: TableLayout<DebeziumScalar>, at lsn: LSN,
    to output: inout OutputBuffer
  ) throws(FormatError) {
    rows.beginLine(after: output.count)
    output.append(json: #"{"before":"#)
    try rows.append(old: old, of: table, at: lsn, to: &output)
    output.append(json: #","after":null"#)
    appendEnd("d", of: table, at: lsn, to: &output)
  }

  private mutating func appendTruncate(
    of relation: Relation, at lsn: LSN, to output: inout OutputBuffer
  ) {
    output.append(json: #"{"before":null,"after":null"#)
    appendEnd("t", of: rows.table(relation), at: lsn, to: &output)
  }

  private mutating func appendEnd(
    _ operation: StaticString, of table: TableLayout<DebeziumScalar>, at lsn: LSN,
    to output: inout OutputBuffer
  ) {
    let now = options.now()
    output.append(UInt8(ascii: ","))
    source.append(to: &output, at: lsn, now: now) { table.appendNames(to: &$0) }
    output.append(operation: operation, at: now)
  }

  private mutating func append(_ message: LogicalMessage, to output: inout OutputBuffer) {
    if !message.transactional { source.noteMessageOutside(at: message.lsn) }
    let now = options.now()
    output.append(json: #"{"op":"m","ts_ms":"#)
    output.append(decimal: now.unixMicroseconds.floored(by: 1000))
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

extension OutputBuffer {
  /// Appends what an event ends with: the operation, and when the event was made.
  @inline(__always) mutating func append(operation: StaticString, at now: PostgresTimestamp) {
    let micros = now.unixMicroseconds
    append(json: #","transaction":null,"op":""#)
    append(json: operation)
    append(json: #"","ts_ms":"#)
    append(decimal: micros.floored(by: 1000))
    append(json: #","ts_us":"#)
    append(decimal: micros)
    append(json: #","ts_ns":"#)
    append(decimal: micros.nanoseconds)
    append(json: "}\n")
  }
}
