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
  /// The open transaction, and what is around events.
  var frame: EventFrame
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
    frame = EventFrame(options.cloudEvents, namesTransaction: options.namesTransaction)
    rows = JSONRowWriter(types, options)
  }

  public var types: TypeCatalog {
    didSet { rows = JSONRowWriter(types, options, rows.members.descriptions) }
  }

  public mutating func describe(_ table: TableDescription) { rows.members.describe(table) }

  public mutating func append(
    _ message: PgOutputMessage, at lsn: LSN, provisionalIn xid: UInt32? = nil,
    to output: inout OutputBuffer
  ) throws(FormatError) {
    switch message {
    case .insert, .update, .delete:
      let (start, mark) = (output.count, frame.mark)
      do throws(FormatError) {
        try rows.append(message, at: lsn, provisionalIn: xid, &frame, to: &output)
      } catch {
        output.truncate(to: start)
        frame.restore(mark)
        throw error
      }
    case .begin(let begin): self.begin(begin, to: &output)
    case .commit(let commit): end(commit, to: &output)
    case .message(let message): append(message, provisionalIn: xid, to: &output)
    case .truncate(let truncate):
      try append(truncate, at: lsn, provisionalIn: xid, to: &output)
    case .relation(let relation): _ = try rows.members.table(relation)
    default: append(step: message, at: lsn, to: &output)
    }
  }

  /// Appends the event of a row that was there before the stream.
  ///
  /// - Parameter lsn: The position that it is seen from.
  /// - Throws: If a value isn't what its column's type has; then nothing is appended.
  package mutating func append(
    snapshot row: TupleData, of relation: Relation, at lsn: LSN, to output: inout OutputBuffer
  ) throws(FormatError) {
    let (start, mark) = (output.count, frame.mark)
    do throws(FormatError) {
      try rows.append(snapshot: row, of: relation, at: lsn, &frame, to: &output)
    } catch {
      output.truncate(to: start)
      frame.restore(mark)
      throw error
    }
  }
}

extension JSONLineFormat {
  /// Appends a truncate: one line, or one record for each table.
  private mutating func append(
    _ truncate: Truncate, at lsn: LSN, provisionalIn xid: UInt32?, to output: inout OutputBuffer
  ) throws(FormatError) {
    let tables = try rows.members.tables(of: truncate)
    guard !tables.isEmpty else { return }
    let place = frame.nextChange()
    guard output.keepsRecords else {
      frame.open("truncate", at: lsn, to: &output)
      output.append(truncate, of: tables, at: lsn, provisionalIn: xid, place)
      return frame.close(to: &output)
    }
    for table in tables {
      output.beginRecord(table.topic)
      frame.open("truncate", table.subject, at: lsn, to: &output)
      output.append(truncate, of: tables, at: lsn, provisionalIn: xid, place)
      frame.close(to: &output)
    }
  }

  private mutating func append(
    _ message: LogicalMessage, provisionalIn xid: UInt32?, to output: inout OutputBuffer
  ) {
    output.beginMessageRecord(message, options.records)
    frame.open("message", .message(prefix: message.prefix), at: message.lsn, to: &output)
    output.append(message, provisionalIn: xid, message.isTransactional ? frame.nextChange() : nil)
    frame.close(to: &output)
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
    provisionalIn xid: UInt32?, _ place: OpenTransaction?
  ) {
    appendKind("truncate", provisionalIn: xid, place)
    append(json: #","lsn":"#)
    append(quoted: lsn)
    append(json: #","relations":["#)
    for (index, table) in tables.enumerated() {
      if index > 0 { append(UInt8(ascii: ",")) }
      append(string: table.relation.unambiguousName)
    }
    append(json: #"],"cascade":"#)
    append(truncate.cascades)
    append(json: #","restartIdentity":"#)
    append(truncate.restartsIdentity)
    append(UInt8(ascii: "}"))
  }

  /// The content is text if it can be, since the server doesn't say what it is.
  fileprivate mutating func append(
    _ message: LogicalMessage, provisionalIn xid: UInt32?, _ place: OpenTransaction?
  ) {
    appendKind("message", provisionalIn: xid, place)
    append(json: #","lsn":"#)
    append(quoted: message.lsn)
    append(json: #","transactional":"#)
    append(message.isTransactional)
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
