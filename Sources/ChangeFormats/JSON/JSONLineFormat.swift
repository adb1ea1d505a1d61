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
  private let options: Options

  /// Makes a format for one stream.
  ///
  /// - Parameter types: What is known of types that aren't built in.
  public init(types: TypeCatalog = TypeCatalog(), options: Options = Options()) {
    self.types = types
    self.options = options
    rows = JSONRowWriter(types, options)
  }

  public var types: TypeCatalog {
    didSet { rows = JSONRowWriter(types, options) }
  }

  public mutating func begin(_ transaction: ReplicationTransaction, to output: inout OutputBuffer) {
    begin(transaction.info, to: &output)
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
    output.appendWithdrawn(transaction.xid, transaction.commitLSN)
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
      output.appendBegin(begin.xid, begin.finalLSN, begin.commitTime)
    case .commit(let commit):
      output.appendCommit(self.xid, commit.commitLSN, end: commit.endLSN, commit.commitTime)
    case .message(let message): output.append(message, provisionalIn: xid)
    case .truncate(let truncate): output.append(truncate, at: lsn, provisionalIn: xid)
    default: output.append(step: message)
    }
  }

  /// Appends the line of a row that was there before the stream.
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
    case .committed: output.appendBegin(transaction.xid, transaction.commitLSN, time)
    case .prepared(let gid):
      output.appendPrepare(
        "begin_prepare", transaction.xid, gid: gid, transaction.commitLSN,
        end: transaction.prepareEnd ?? .zero, time)
    default: return
    }
  }

  mutating func end(
    _ transaction: TransactionInfo, at end: LSN, to output: inout OutputBuffer
  ) {
    switch (transaction.kind, transaction.time, transaction.outcome) {
    case (.committed, let time?, _):
      output.appendCommit(transaction.xid, transaction.commitLSN, end: end, time)
    case (.prepared(let gid), let time?, _):
      output.appendPrepare(
        "prepare", transaction.xid, gid: gid, transaction.commitLSN, end: end, time)
    case (_, _, .committed(let commit)?): output.append(commit)
    case (_, _, .rolledBack(let rollback)?): output.append(rollback)
    default: return
    }
  }
}

extension OutputBuffer {
  fileprivate mutating func append(
    _ truncate: Truncate, at lsn: LSN, provisionalIn xid: UInt32?
  ) {
    appendKind("truncate", provisionalIn: xid)
    append(json: #","lsn":"#)
    append(quoted: lsn)
    append(json: #","relations":["#)
    for (index, relation) in truncate.relations.enumerated() {
      if index > 0 { append(UInt8(ascii: ",")) }
      append(string: relation.unambiguousName)
    }
    append(json: #"],"cascade":"#)
    append(truncate.cascade)
    append(json: #","restartIdentity":"#)
    append(truncate.restartIdentity)
    append(json: "}\n")
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
    append(json: "}\n")
  }
}
