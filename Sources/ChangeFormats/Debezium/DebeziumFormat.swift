package import CDCTime
public import PGOutput
public import PGWire
public import ReplicationCore

/// Events as Debezium's PostgreSQL connector makes them, one a line: the value of a Kafka record as
/// Kafka Connect's JSON converter prints it without schemas.
///
///     {"before":null,"after":{"id":1},"source":{…},"transaction":null,"op":"c","ts_ms":…,…}
///
/// `op` is c (insert), u, d, t (truncate; only if asked for), m (logical message) or r (read by a
/// snapshot). An update of a key is a deletion and an insertion. The begin and the end of a
/// transaction are events only if asked for. Changes that may still be rolled back are an error,
/// since an event can't say so.
///
/// Debezium: <https://debezium.io/documentation/reference/3.6/connectors/postgresql.html>
public struct DebeziumFormat: ChangeFormat {
  var source: DebeziumSource
  var metadata = DebeziumTransaction()
  /// The open transaction, and what is around events.
  var frame: EventFrame
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
    /// What the rows of snapshots say they are: `source.snapshot`.
    public var snapshot = Snapshot.incremental
    /// Whether there are events that begin and end transactions, and each event says its place in
    /// its transaction: Debezium's `provide.transaction.metadata`.
    public var providesTransactionMetadata = false
    /// The most bytes that a line may have; see ``JSONLineFormat/Options/maxLineBytes``.
    public var maxLineBytes: Int?
    /// Which tables are written, and what becomes of their columns.
    public var filter = ChangeFilter()
    /// Topics, keys and tombstones, where the ``OutputBuffer`` keeps records.
    public var records: RecordOptions
    /// The envelope that each event is put into; `nil` for none.
    ///
    /// ``CloudEvents/debezium(name:)`` is that of Debezium's converter.
    public var cloudEvents: CloudEvents?
    /// The clock that says when an event was made.
    package var now: @Sendable () -> PostgresTimestamp = { PostgresTimestamp.now() }

    /// Which snapshot rows are of.
    @nonexhaustive public enum Snapshot: Hashable, Sendable {
      /// One beside the stream: `incremental`.
      case incremental
      /// One before the stream: `true`. Debezium marks its first and last rows besides.
      case initial
    }

    /// Options with Debezium's defaults; the name is the prefix of topics.
    public init(name: String, database: String, version: String) {
      self.name = name
      self.database = database
      self.version = version
      records = RecordOptions(prefix: name)
    }

    /// What is the same for all lines of JSON.
    fileprivate var lines: JSONLineFormat.Options {
      var lines = JSONLineFormat.Options()
      lines.maxLineBytes = maxLineBytes
      lines.records = records
      lines.filter = filter
      return lines
    }
  }

  /// Makes a format for one stream.
  ///
  /// - Parameter types: What is known of types that aren't built in.
  public init(types: TypeCatalog = TypeCatalog(), options: Options) {
    self.types = types
    self.options = options
    frame = EventFrame(
      options.cloudEvents,
      EventEnvelope.DebeziumNames(name: options.name, database: options.database))
    source = DebeziumSource(options)
    rows = DebeziumRowWriter(types, options.lines)
  }

  public var types: TypeCatalog {
    didSet { rows = DebeziumRowWriter(types, options.lines, rows.members.descriptions) }
  }

  public mutating func describe(_ table: TableDescription) { rows.members.describe(table) }

  public mutating func begin(
    _ transaction: ReplicationTransaction, to output: inout OutputBuffer
  ) throws(FormatError) {
    try begin(transaction.info, to: &output)
  }

  public mutating func end(
    _ transaction: ReplicationTransaction, to output: inout OutputBuffer
  ) throws(ReplicationError) {
    guard let end = transaction.endLSN else { throw .notAtEnd }
    self.end(transaction.info, at: end, to: &output)
  }

  public mutating func withdraw(
    _ transaction: ReplicationTransaction, to output: inout OutputBuffer
  ) {
    // What comes next is not of it, until it begins again.
    frame.transaction = nil
    metadata.end()
  }

  public mutating func append(
    _ message: PgOutputMessage, at lsn: LSN, provisionalIn xid: UInt32?,
    to output: inout OutputBuffer
  ) throws(FormatError) {
    switch message {
    case .insert, .update, .delete:
      let (start, mark) = (output.count, frame.mark)
      do throws(FormatError) {
        try appendChange(message, at: lsn, to: &output)
      } catch {
        output.truncate(to: start)
        frame.restore(mark)
        throw error
      }
    case .begin(let begin):
      self.begin(begin.xid, at: begin.finalLSN, begin.commitTime, nil, to: &output)
    case .commit(let commit): end(at: commit.endLSN, to: &output)
    case .origin(let origin): source.note(origin)
    case .message(let message): append(message, to: &output)
    case .relation(let relation): _ = try rows.table(relation)
    case .truncate(let truncate):
      if options.printsTruncates { try append(truncate, at: lsn, to: &output) }
    case .streamStart: throw .provisional(.streamStart, lsn: lsn)
    case .beginPrepare: throw .provisional(.beginPrepare, lsn: lsn)
    default: break
    }
  }
}

extension DebeziumFormat {
  mutating func begin(
    _ transaction: TransactionInfo, to output: inout OutputBuffer
  ) throws(FormatError) {
    if case .prepared = transaction.kind {
      throw .provisional(.beginPrepare, lsn: transaction.commitLSN)
    }
    guard case .committed = transaction.kind, let time = transaction.time else { return }
    begin(transaction.xid, at: transaction.commitLSN, time, transaction.origin, to: &output)
  }

  mutating func end(
    _ transaction: TransactionInfo, at end: LSN, to output: inout OutputBuffer
  ) {
    guard case .committed = transaction.kind else { return }
    self.end(at: end, to: &output)
  }

  private mutating func begin(
    _ xid: UInt32, at commit: LSN, _ time: PostgresTimestamp, _ origin: ReplicationOrigin?,
    to output: inout OutputBuffer
  ) {
    source.begin(xid, time, origin)
    frame.transaction = OpenTransaction(xid, at: commit, time, isPrepared: false)
    guard options.providesTransactionMetadata else { return }
    metadata.begin(xid, time)
    metadata.appendBegin(
      at: commit, topic: options.records.topics.transactions, &frame, to: &output)
  }

  private mutating func end(at end: LSN, to output: inout OutputBuffer) {
    source.end(at: end)
    metadata.appendEnd(at: end, topic: options.records.topics.transactions, &frame, to: &output)
    metadata.end()
    frame.transaction = nil
  }

  @inline(__always) private mutating func appendChange(
    _ message: PgOutputMessage, at lsn: LSN, to output: inout OutputBuffer
  ) throws(FormatError) {
    switch message {
    case .insert(let relation, let new):
      try append(new, "c", of: rows.table(relation), at: lsn, to: &output)
    case .update(let relation, let old?, let new):
      try appendUpdate(of: rows.table(relation), from: old, to: new, at: lsn, &output)
    case .update(let relation, nil, let new):
      try append(new, "u", of: rows.table(relation), at: lsn, to: &output)
    case .delete(let relation, let old):
      try appendDelete(old, of: rows.table(relation), at: lsn, to: &output)
    default: return
    }
  }

  /// Appends an event that has no old row.
  @inline(__always) private mutating func append(
    _ new: TupleData, _ operation: StaticString, of table: TableLayout<DebeziumScalar>,
    at lsn: LSN, to output: inout OutputBuffer
  ) throws(FormatError) {
    guard table.isIncluded else { return }
    try rows.members.beginRecord(of: new, table, at: lsn, to: &output)
    rows.beginLine(after: output.count)
    frame.open(Self.dataChange, table.subject, operation: operation, at: lsn, to: &output)
    output.append(json: #"{"before":null,"after":"#)
    try rows.append(new: new, of: table, at: lsn, to: &output)
    appendEnd(operation, of: table, at: lsn, to: &output)
  }

  private mutating func appendUpdate(
    of table: TableLayout<DebeziumScalar>, from old: TupleData, to new: TupleData, at lsn: LSN,
    _ output: inout OutputBuffer
  ) throws(FormatError) {
    guard table.isIncluded else { return }
    guard table.isKeyChanged(from: old, to: new) else {
      return try append(new, old: old, isKeyChanged: false, of: table, at: lsn, to: &output)
    }
    try appendDelete(old, of: table, at: lsn, to: &output)
    do throws(FormatError) {
      try append(new, old: old, isKeyChanged: true, of: table, at: lsn, to: &output)
    } catch {
      metadata.dropLastEvent()
      throw error
    }
    output.noteKeyChange()
  }

  /// Appends the event of an updated row, which is that of a new one if its key is another.
  private mutating func append(
    _ new: TupleData, old: TupleData, isKeyChanged: Bool,
    of table: TableLayout<DebeziumScalar>, at lsn: LSN, to output: inout OutputBuffer
  ) throws(FormatError) {
    try rows.members.beginRecord(of: new, old: old, table, at: lsn, to: &output)
    rows.beginLine(after: output.count)
    let operation: StaticString = isKeyChanged ? "c" : "u"
    frame.open(Self.dataChange, table.subject, operation: operation, at: lsn, to: &output)
    if isKeyChanged {
      output.append(json: #"{"before":null"#)
    } else {
      output.append(json: #"{"before":"#)
      try rows.append(old: old, of: table, at: lsn, to: &output)
    }
    output.append(json: #","after":"#)
    try rows.append(new: new, old: old, of: table, at: lsn, to: &output)
    appendEnd(operation, of: table, at: lsn, to: &output)
  }

  private mutating func appendDelete(
    _ old: TupleData, of table: TableLayout<DebeziumScalar>, at lsn: LSN,
    to output: inout OutputBuffer
  ) throws(FormatError) {
    guard table.isIncluded else { return }
    try rows.members.beginRecord(of: old, table, at: lsn, to: &output)
    rows.beginLine(after: output.count)
    frame.open(Self.dataChange, table.subject, operation: "d", at: lsn, to: &output)
    output.append(json: #"{"before":"#)
    try rows.append(old: old, of: table, at: lsn, to: &output)
    output.append(json: #","after":null"#)
    appendEnd("d", of: table, at: lsn, to: &output)
    if options.records.hasTombstones { output.repeatKeyAsTombstone() }
  }

  private mutating func append(
    _ truncate: Truncate, at lsn: LSN, to output: inout OutputBuffer
  ) throws(FormatError) {
    for table in try rows.members.tables(of: truncate) {
      output.beginRecord(table.topic)
      frame.open(Self.dataChange, table.subject, operation: "t", at: lsn, to: &output)
      output.append(json: #"{"before":null,"after":null"#)
      appendEnd("t", of: table, at: lsn, to: &output)
    }
  }

  private mutating func appendEnd(
    _ operation: StaticString, of table: TableLayout<DebeziumScalar>, at lsn: LSN,
    to output: inout OutputBuffer
  ) {
    let now = options.now()
    output.append(UInt8(ascii: ","))
    source.append(to: &output, at: lsn, now: now) { table.appendNames(to: &$0) }
    metadata.append(eventOf: table.collection, at: lsn, to: &output)
    output.append(operation: operation, at: now)
    frame.close(to: &output)
  }

  private mutating func append(_ message: LogicalMessage, to output: inout OutputBuffer) {
    if !message.isTransactional {
      source.noteMessageOutside(at: message.lsn)
      metadata.end()
    }
    let now = options.now()
    output.beginMessageRecord(message, options.records)
    frame.open(
      "MessageEvent", .message(prefix: message.prefix), operation: "m", at: message.lsn,
      to: &output)
    output.append(json: #"{"op":"m","ts_ms":"#)
    output.append(decimal: now.unixMicroseconds.floored(by: 1000))
    output.append(UInt8(ascii: ","))
    source.append(to: &output, at: message.lsn, now: now) {
      $0.append(json: #","schema":"","table":"""#)
    }
    metadata.append(eventOf: DebeziumTransaction.messages, at: message.lsn, to: &output)
    output.append(json: #","message":{"prefix":"#)
    output.append(string: message.prefix)
    output.append(json: #","content":"#)
    let content = message.content
    output.append(base64: content.span)
    output.append(json: "}}")
    frame.close(to: &output)
  }

  /// What envelopes call an event of a row or a table.
  static var dataChange: StaticString { "DataChangeEvent" }
}

extension OutputBuffer {
  /// Appends the rest of an event: the operation, and when the event was made.
  @inline(__always) mutating func append(operation: StaticString, at now: PostgresTimestamp) {
    let micros = now.unixMicroseconds
    append(json: #","op":""#)
    append(json: operation)
    append(json: #"","ts_ms":"#)
    append(decimal: micros.floored(by: 1000))
    append(json: #","ts_us":"#)
    append(decimal: micros)
    append(json: #","ts_ns":"#)
    append(decimal: micros.nanoseconds)
    append(UInt8(ascii: "}"))
  }
}
