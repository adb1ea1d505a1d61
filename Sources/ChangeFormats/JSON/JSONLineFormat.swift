public import PGOutput
public import PGWire
public import ReplicationCore

/// Lines of JSON, one object each, its keys always in the same order.
///
///     {"kind":"begin","xid":742,"commitLSN":"0/1A2B3C4","commitTime":"2026-11-22T16:00:00.5Z"}
///     {"kind":"insert","lsn":"0/1A2B300","schema":"public","table":"t","new":{"id":1}}
///
/// Changes in a streamed block are marked after their kind, since they may still be rolled back:
///
///     {"kind":"insert","provisional":true,"xid":743,"lsn":…}
///
/// Relations, types and origins give no line. The rows of snapshots, and what says which ranges of
/// a table they are:
///
///     {"kind":"range","lsn":…,"schema":…,"table":…,"columns":["id"],"start":null,
///      "end":{"key":{"id":100},"inclusive":false}}
///     {"kind":"snapshot","lsn":…,"schema":…,"table":…,"new":{"id":1}}
///     {"kind":"range_end","lsn":…,"schema":…,"table":…,"rows":1}
///     {"kind":"whole","lsn":…,"schema":…,"table":…}
///
/// At a `range` line consumers delete what they hold from `start` to `end` of the key that
/// `columns` name; null is before or behind all keys. The article on incremental snapshots has the
/// rest.
public struct JSONLineFormat: ChangeFormat {
  /// The transaction that is open, or was the last, where messages say it.
  private var xid: UInt32?
  var rows: JSONRowWriter
  /// How many rows of the range have come.
  var rangeRows = 0
  let options: Options

  /// Makes a format for one stream.
  ///
  /// - Parameter types: What is known of types that aren't built in.
  public init(types: TypeCatalog = TypeCatalog(), options: Options = Options()) {
    self.types = types
    self.options = options
    rows = JSONRowWriter(types, options)
  }

  public var types: TypeCatalog {
    didSet { rows = JSONRowWriter(types, options, rows.members.descriptions) }
  }

  public mutating func describe(_ table: TableDescription) { rows.members.describe(table) }

  public mutating func begin(_ transaction: Transaction, to output: inout OutputBuffer) {
    begin(transaction.info, to: &output)
  }

  public mutating func end(
    _ transaction: Transaction, to output: inout OutputBuffer
  ) throws(ReplicationError) {
    guard let end = transaction.endLSN else { throw .notAtEnd }
    self.end(transaction.info, at: end, to: &output)
  }

  public mutating func withdraw(_ transaction: Transaction, to output: inout OutputBuffer) {
    guard beginStep(of: transaction.xid, &output) else { return }
    output.appendWithdrawn(transaction.xid, transaction.commitLSN)
    output.endEvent()
  }

  public mutating func append(
    _ message: PgOutputMessage, at lsn: LSN, provisionalIn xid: UInt32? = nil,
    to output: inout OutputBuffer
  ) throws(FormatError) {
    switch message {
    case .insert, .update, .delete:
      let start = output.count
      do throws(FormatError) {
        try rows.append(message, at: lsn, provisionalIn: xid, to: &output)
      } catch {
        output.truncate(to: start)
        throw error
      }
    case .begin(let begin):
      self.xid = begin.xid
      guard beginStep(of: begin.xid, &output) else { return }
      output.appendBegin(begin.xid, begin.finalLSN, begin.commitTime)
      output.endEvent()
    case .commit(let commit):
      guard beginStep(of: self.xid, &output) else { return }
      output.appendCommit(self.xid, commit.commitLSN, end: commit.endLSN, commit.commitTime)
      output.endEvent()
    case .message(let message): append(message, provisionalIn: xid, to: &output)
    case .truncate(let truncate):
      try append(truncate, at: lsn, provisionalIn: xid, to: &output)
    case .relation(let relation): _ = try rows.members.table(relation)
    default:
      guard let stepXID = message.stepXID, beginStep(of: stepXID, &output) else { return }
      output.append(step: message)
      output.endEvent()
    }
  }

  /// Appends the event of a row that was there before the stream.
  ///
  /// - Parameter lsn: The position that it is seen from.
  /// - Throws: If a value isn't what its column's type has; then nothing is appended.
  package mutating func append(
    snapshot row: TupleData, of relation: Relation, at lsn: LSN, to output: inout OutputBuffer
  ) throws(FormatError) {
    let start = output.count
    do throws(FormatError) {
      try rows.append(snapshot: row, of: relation, at: lsn, to: &output)
    } catch {
      output.truncate(to: start)
      throw error
    }
  }
}

extension JSONLineFormat {
  mutating func begin(_ transaction: TransactionInfo, to output: inout OutputBuffer) {
    guard let time = transaction.time else { return }
    switch transaction.kind {
    case .committed:
      guard beginStep(of: transaction.xid, &output) else { return }
      output.appendBegin(transaction.xid, transaction.commitLSN, time)
    case .prepared(let gid):
      guard beginStep(of: transaction.xid, &output) else { return }
      output.appendPrepare(
        "begin_prepare", transaction.xid, gid: gid, transaction.commitLSN,
        end: transaction.prepareEnd ?? .zero, time)
    default: return
    }
    output.endEvent()
  }

  mutating func end(
    _ transaction: TransactionInfo, at end: LSN, to output: inout OutputBuffer
  ) {
    let xid = transaction.xid
    switch (transaction.kind, transaction.time, transaction.outcome) {
    case (.committed, let time?, _):
      guard beginStep(of: xid, &output) else { return }
      output.appendCommit(xid, transaction.commitLSN, end: end, time)
    case (.prepared(let gid), let time?, _):
      guard beginStep(of: xid, &output) else { return }
      output.appendPrepare("prepare", xid, gid: gid, transaction.commitLSN, end: end, time)
    case (_, _, .committed(let commit)?):
      guard beginStep(of: xid, &output) else { return }
      output.append(commit)
    case (_, _, .rolledBack(let rollback)?):
      guard beginStep(of: xid, &output) else { return }
      output.append(rollback)
    default: return
    }
    output.endEvent()
  }

  /// Begins the event of what begins, ends or withdraws a transaction.
  ///
  /// - Returns: Whether there is such an event.
  private func beginStep(of xid: UInt32?, _ output: inout OutputBuffer) -> Bool {
    guard output.keepsRecords else { return true }
    guard options.recordsTransactions else { return false }
    output.beginRecord(options.records.topics.transactions)
    guard let xid else { return true }
    output.append(json: #"{"xid":"#)
    output.append(decimal: UInt64(xid))
    output.append(UInt8(ascii: "}"))
    output.endKey()
    return true
  }

  /// Appends a truncate: one line, or one record for each table.
  private mutating func append(
    _ truncate: Truncate, at lsn: LSN, provisionalIn xid: UInt32?, to output: inout OutputBuffer
  ) throws(FormatError) {
    let tables = try rows.members.tables(of: truncate)
    guard output.keepsRecords else {
      if tables.isEmpty { return }
      output.append(truncate, of: tables, at: lsn, provisionalIn: xid)
      return output.endEvent()
    }
    for table in tables {
      output.beginRecord(table.topic)
      output.append(truncate, of: tables, at: lsn, provisionalIn: xid)
      output.endEvent()
    }
  }

  private func append(
    _ message: LogicalMessage, provisionalIn xid: UInt32?, to output: inout OutputBuffer
  ) {
    output.beginMessageRecord(message, options.records)
    output.append(message, provisionalIn: xid)
    output.endEvent()
  }
}

extension PgOutputMessage {
  /// The transaction that a message is about which frames blocks or a prepared transaction; `nil`
  /// for any other message.
  fileprivate var stepXID: UInt32? {
    switch self {
    case .streamStart(let start): start.xid
    case .streamStop(let xid): xid
    case .streamCommit(let commit): commit.xid
    case .streamAbort(let abort): abort.xid
    case .beginPrepare(let begin): begin.xid
    case .prepare(let prepare), .streamPrepare(let prepare): prepare.xid
    case .commitPrepared(let commit): commit.xid
    case .rollbackPrepared(let rollback): rollback.xid
    default: nil
    }
  }
}

extension OutputBuffer {
  /// Begins the record of a logical message, whose key is its prefix; nothing if events are lines.
  mutating func beginMessageRecord(_ message: LogicalMessage, _ options: RecordOptions) {
    guard keepsRecords else { return }
    beginRecord(options.topics.messages)
    append(json: #"{"prefix":"#)
    append(string: message.prefix)
    append(UInt8(ascii: "}"))
    endKey()
  }

  fileprivate mutating func append(
    _ truncate: Truncate, of tables: [TableLayout<JSONScalar>], at lsn: LSN,
    provisionalIn xid: UInt32?
  ) {
    appendKind("truncate", provisionalIn: xid)
    append(json: #","lsn":"#)
    append(quoted: lsn)
    append(json: #","relations":["#)
    for (index, table) in tables.enumerated() {
      if index > 0 { append(UInt8(ascii: ",")) }
      append(string: table.relation.unambiguousName)
    }
    append(json: #"],"cascade":"#)
    append(truncate.cascade)
    append(json: #","restartIdentity":"#)
    append(truncate.restartIdentity)
    append(UInt8(ascii: "}"))
  }

  /// The content is text if it can be, since the server doesn't say what it is.
  fileprivate mutating func append(_ message: LogicalMessage, provisionalIn xid: UInt32?) {
    appendKind("message", provisionalIn: xid)
    append(json: #","lsn":"#)
    append(quoted: message.lsn)
    append(json: #","transactional":"#)
    append(message.transactional)
    append(json: #","prefix":"#)
    append(string: message.prefix)
    append(json: #","content":"#)
    let content = message.content.span
    do throws(UnexpectedText) {
      try append(string: content)
    } catch {
      append(base64: content)
      append(json: #","encoding":"base64""#)
    }
    append(UInt8(ascii: "}"))
  }
}
