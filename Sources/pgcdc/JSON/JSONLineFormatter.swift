import CDCTime
import PGOutput
import PGWire

/// Writes messages as lines of JSON, one object each, its keys always in the same order.
///
///     {"kind":"begin","xid":742,"commitLSN":"0/1A2B3C4","commitTime":"2026-11-22T16:00:00.5Z"}
///     {"kind":"insert","lsn":"0/1A2B300","schema":"public","table":"t","new":{"id":1}}
///
/// A formatter belongs to one stream. Messages that are no events give no line: relations, types
/// and origins, and those that are ignored.
struct JSONLineFormatter {
  /// The transaction that is open, or was the last.
  private var xid: UInt32?
  private var rows: JSONRowWriter

  /// - Parameter types: What is known of types that aren't built in.
  init(types: TypeCatalog = TypeCatalog()) {
    rows = JSONRowWriter(types)
  }

  /// Appends the line of a message, with its line feed, or nothing.
  ///
  /// - Parameter lsn: The position of the change, from the frame around the message.
  /// - Throws: If a value isn't what its column's type has; then nothing is appended.
  mutating func append(
    _ message: PgOutputMessage, at lsn: LSN, to output: inout [UInt8]
  ) throws(JSONFormatError) {
    switch message {
    case .begin(let begin): append(begin, to: &output)
    case .commit(let commit): append(commit, to: &output)
    case .message(let message): output.append(message)
    case .truncate(let truncate): output.append(truncate, at: lsn)
    case .insert, .update, .delete:
      let start = output.count
      do throws(JSONFormatError) {
        try rows.append(message, at: lsn, to: &output)
      } catch {
        output.removeLast(output.count - start)
        throw error
      }
    case .relation, .type, .origin, .ignored: break
    }
  }

  private mutating func append(_ begin: Begin, to output: inout [UInt8]) {
    xid = begin.xid
    output.append(json: #"{"kind":"begin","xid":"#)
    output.append(json: String(begin.xid))
    output.append(json: #","commitLSN":"#)
    output.append(begin.finalLSN)
    output.append(json: #","commitTime":"#)
    output.append(begin.commitTime)
    output.append(json: "}\n")
  }

  private func append(_ commit: Commit, to output: inout [UInt8]) {
    output.append(json: #"{"kind":"commit","xid":"#)
    output.append(json: xid.map { String($0) } ?? "null")
    output.append(json: #","commitLSN":"#)
    output.append(commit.commitLSN)
    output.append(json: #","endLSN":"#)
    output.append(commit.endLSN)
    output.append(json: #","commitTime":"#)
    output.append(commit.commitTime)
    output.append(json: "}\n")
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ time: PostgresTimestamp) {
    append(UInt8(ascii: "\""))
    time.append(to: &self, as: .timestamptz, style: .iso8601)
    append(UInt8(ascii: "\""))
  }

  fileprivate mutating func append(_ flag: Bool) {
    append(json: flag ? "true" : "false")
  }

  fileprivate mutating func append(_ truncate: Truncate, at lsn: LSN) {
    append(json: #"{"kind":"truncate","lsn":"#)
    append(lsn)
    append(json: #","relations":["#)
    for (index, relation) in truncate.relations.enumerated() {
      if index > 0 { append(UInt8(ascii: ",")) }
      append(string: relation.qualifiedName)
    }
    append(json: #"],"cascade":"#)
    append(truncate.cascade)
    append(json: #","restartIdentity":"#)
    append(truncate.restartIdentity)
    append(json: "}\n")
  }

  /// The content is text if it can be, since the server doesn't say what it is.
  fileprivate mutating func append(_ message: LogicalMessage) {
    append(json: #"{"kind":"message","lsn":"#)
    append(message.lsn)
    append(json: #","transactional":"#)
    append(message.transactional)
    append(json: #","prefix":"#)
    append(string: message.prefix)
    append(json: #","content":"#)
    let content = message.content.span
    if content.isUTF8 {
      append(string: content)
    } else {
      append(base64: content)
      append(json: #","encoding":"base64""#)
    }
    append(json: "}\n")
  }
}
