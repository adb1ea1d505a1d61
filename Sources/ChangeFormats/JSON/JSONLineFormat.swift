import PGOutput
import PGWire
import ReplicationCore

/// Writes messages as lines of JSON, one object each, its keys always in the same order.
///
///     {"kind":"begin","xid":742,"commitLSN":"0/1A2B3C4","commitTime":"2026-11-22T16:00:00.5Z"}
///     {"kind":"insert","lsn":"0/1A2B300","schema":"public","table":"t","new":{"id":1}}
///
/// What comes in a streamed block is marked behind its kind, since it may yet be rolled back:
///
///     {"kind":"insert","provisional":true,"xid":743,"lsn":…}
///
/// A formatter belongs to one stream. Messages that are no events give no line: relations, types
/// and origins, and those that are ignored.
struct JSONLineFormatter: LineFormatter {
  /// The transaction that is open, or was the last.
  private var xid: UInt32?
  private var rows: JSONRowWriter

  private let options: LineOptions

  /// - Parameter types: What is known of types that aren't built in.
  init(types: TypeCatalog = TypeCatalog(), options: LineOptions = LineOptions()) {
    self.types = types
    self.options = options
    rows = JSONRowWriter(types, options)
  }

  /// What is known of types that aren't built in.
  var types: TypeCatalog {
    didSet { rows = JSONRowWriter(types, options) }
  }

  /// Appends the line of a message, with its line feed, or nothing.
  ///
  /// - Parameters:
  ///   - lsn: The position of the change, from the frame around the message.
  ///   - xid: In a streamed block, the transaction or subtransaction that the message belongs to.
  /// - Throws: If a value isn't what its column's type has; then nothing is appended.
  mutating func append(
    _ message: PgOutputMessage, at lsn: LSN, provisionalIn xid: UInt32? = nil,
    to output: inout [UInt8]
  ) throws(JSONFormatError) {
    switch message {
    case .begin(let begin):
      self.xid = begin.xid
      output.append(begin)
    case .commit(let commit): output.append(commit, xid: self.xid)
    case .message(let message): output.append(message, provisionalIn: xid)
    case .truncate(let truncate): output.append(truncate, at: lsn, provisionalIn: xid)
    case .insert, .update, .delete:
      let start = output.count
      do throws(JSONFormatError) {
        try rows.append(message, at: lsn, provisionalIn: xid, to: &output)
      } catch {
        output.removeLast(output.count - start)
        throw error
      }
    case .streamStart(let start): output.append(start)
    case .streamStop(let xid): output.append(streamStop: xid)
    case .streamCommit(let commit): output.append(commit)
    case .streamAbort(let abort): output.append(abort)
    case .beginPrepare(let begin): output.append(begin)
    case .prepare(let prepare): output.append(prepare, kind: "prepare")
    case .streamPrepare(let prepare): output.append(prepare, kind: "stream_prepare")
    case .commitPrepared(let commit): output.append(commit)
    case .rollbackPrepared(let rollback): output.append(rollback)
    case .relation, .type, .origin, .ignored: break
    @unknown default: break
    }
  }

  func appendWithdrawal(of transaction: TransactionInfo, to output: inout [UInt8]) {
    output.append(withdrawn: transaction.xid, transaction.commitLSN)
  }

  /// Appends the line of a row that was there before the stream.
  ///
  /// - Parameter lsn: The position that it is seen from.
  /// - Throws: If a value isn't what its column's type has; then nothing is appended.
  mutating func append(
    snapshot row: TupleData, of relation: Relation, at lsn: LSN, to output: inout [UInt8]
  ) throws(JSONFormatError) {
    let start = output.count
    do throws(JSONFormatError) {
      try rows.append(snapshot: row, of: relation, at: lsn, to: &output)
    } catch {
      output.removeLast(output.count - start)
      throw error
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(
    _ truncate: Truncate, at lsn: LSN, provisionalIn xid: UInt32?
  ) {
    appendKind("truncate", provisionalIn: xid)
    append(json: #","lsn":"#)
    append(lsn)
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
    append(message.lsn)
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
