import CDCTime
import PGOutput
import PGWire

// What begins and ends transactions, as lines of JSON.
//
//     {"kind":"begin","xid":…,"commitLSN":…,"commitTime":…}
//     {"kind":"commit","xid":…,"commitLSN":…,"endLSN":…,"commitTime":…}
//     {"kind":"withdrawn","xid":…,"commitLSN":…}                 the lines since "begin" are void
//     {"kind":"stream_start","xid":…,"first":true}
//     {"kind":"stream_stop","xid":…}
//     {"kind":"stream_commit","xid":…,"commitLSN":…,"endLSN":…,"commitTime":…}
//     {"kind":"stream_abort","xid":…,"subxid":…[,"abortLSN":…,"abortTime":…]}
//     {"kind":"begin_prepare","xid":…,"gid":…,"prepareLSN":…,"endLSN":…,"prepareTime":…}
//     {"kind":"prepare" or "stream_prepare", and the same}
//     {"kind":"commit_prepared","xid":…,"gid":…,"commitLSN":…,"endLSN":…,"commitTime":…}
//     {"kind":"rollback_prepared","xid":…,"gid":…,"prepareEndLSN":…,"endLSN":…,"prepareTime":…,
//      "rollbackTime":…}

// They are written without the event's end.

extension OutputBuffer {
  mutating func appendBegin(_ xid: UInt32, _ commit: LSN, _ time: PostgresTimestamp) {
    append(json: #"{"kind":"begin","xid":"#)
    append(decimal: UInt64(xid))
    append(#","commitLSN":"#, commit)
    append(#","commitTime":"#, time)
    append(UInt8(ascii: "}"))
  }

  mutating func appendCommit(
    _ xid: UInt32?, _ commit: LSN, end: LSN, _ time: PostgresTimestamp
  ) {
    append(json: #"{"kind":"commit","xid":"#)
    if let xid { append(decimal: UInt64(xid)) } else { append(json: "null") }
    appendEnd(commit, end, time)
  }

  mutating func appendWithdrawn(_ xid: UInt32, _ commit: LSN) {
    appendKind("withdrawn", xid: xid)
    append(#","commitLSN":"#, commit)
    append(UInt8(ascii: "}"))
  }

  mutating func appendPrepare(
    _ kind: StaticString, _ xid: UInt32, gid: String, _ prepare: LSN, end: LSN,
    _ time: PostgresTimestamp
  ) {
    appendKind(kind, xid: xid, gid: gid)
    append(#","prepareLSN":"#, prepare)
    append(#","endLSN":"#, end)
    append(#","prepareTime":"#, time)
    append(UInt8(ascii: "}"))
  }

  /// Appends a message about a transaction in blocks or a prepared one, or nothing.
  mutating func append(step message: PgOutputMessage) {
    switch message {
    case .streamStart(let start): append(start)
    case .streamStop(let xid):
      appendKind("stream_stop", xid: xid)
      append(UInt8(ascii: "}"))
    case .streamCommit(let commit):
      appendKind("stream_commit", xid: commit.xid)
      appendEnd(commit.commitLSN, commit.endLSN, commit.commitTime)
    case .streamAbort(let abort): append(abort)
    case .beginPrepare(let begin):
      appendPrepare(
        "begin_prepare", begin.xid, gid: begin.gid, begin.prepareLSN, end: begin.endLSN,
        begin.prepareTime)
    case .prepare(let prepare): append(prepare, kind: "prepare")
    case .streamPrepare(let prepare): append(prepare, kind: "stream_prepare")
    case .commitPrepared(let commit): append(commit)
    case .rollbackPrepared(let rollback): append(rollback)
    default: return
    }
  }

  mutating func append(_ commit: CommitPrepared) {
    appendKind("commit_prepared", xid: commit.xid, gid: commit.gid)
    appendEnd(commit.commitLSN, commit.endLSN, commit.commitTime)
  }

  mutating func append(_ rollback: RollbackPrepared) {
    appendKind("rollback_prepared", xid: rollback.xid, gid: rollback.gid)
    append(#","prepareEndLSN":"#, rollback.prepareEndLSN)
    append(#","endLSN":"#, rollback.endLSN)
    append(#","prepareTime":"#, rollback.prepareTime)
    append(#","rollbackTime":"#, rollback.rollbackTime)
    append(UInt8(ascii: "}"))
  }

  private mutating func append(_ start: StreamStart) {
    appendKind("stream_start", xid: start.xid)
    append(json: #","first":"#)
    append(start.isFirst)
    append(UInt8(ascii: "}"))
  }

  private mutating func append(_ abort: StreamAbort) {
    appendKind("stream_abort", xid: abort.xid)
    append(json: #","subxid":"#)
    append(decimal: UInt64(abort.subxid))
    if let lsn = abort.abortLSN { append(#","abortLSN":"#, lsn) }
    if let time = abort.abortTime { append(#","abortTime":"#, time) }
    append(UInt8(ascii: "}"))
  }

  private mutating func append(_ prepare: Prepare, kind: StaticString) {
    appendPrepare(
      kind, prepare.xid, gid: prepare.gid, prepare.prepareLSN, end: prepare.endLSN,
      prepare.prepareTime)
  }
}

extension OutputBuffer {
  /// Appends the start of a line: its kind, and in a streamed block whose change it is.
  ///
  /// - Parameter place: The transaction that the change says it is of, and how many came before it.
  @inline(__always) mutating func appendKind(
    _ kind: StaticString, provisionalIn xid: UInt32?, _ place: OpenTransaction?
  ) {
    append(json: #"{"kind":""#)
    append(json: kind)
    append(UInt8(ascii: "\""))
    if xid != nil || place != nil { appendTransaction(provisionalIn: xid, place) }
  }

  private mutating func appendTransaction(provisionalIn xid: UInt32?, _ place: OpenTransaction?) {
    if let xid {
      append(json: #","provisional":true,"xid":"#)
      append(decimal: UInt64(xid))
    } else if let place {
      append(json: #","xid":"#)
      append(decimal: UInt64(place.xid))
      append(json: place.isPrepared ? #","prepareLSN":"# : #","commitLSN":"#)
      append(quoted: place.position)
      append(json: #","index":"#)
      append(decimal: UInt64(place.changes))
    }
  }

  /// Appends a position as a JSON string.
  mutating func append(quoted lsn: LSN) {
    makeRoom(for: Self.lsnRoom &+ 2)
    put(UInt8(ascii: "\""))
    put(lsn)
    put(UInt8(ascii: "\""))
  }

  private mutating func appendKind(_ kind: StaticString, xid: UInt32, gid: String? = nil) {
    append(json: #"{"kind":""#)
    append(json: kind)
    append(json: #"","xid":"#)
    append(decimal: UInt64(xid))
    if let gid {
      append(json: #","gid":"#)
      append(string: gid)
    }
  }

  private mutating func appendEnd(_ commit: LSN, _ end: LSN, _ time: PostgresTimestamp) {
    append(#","commitLSN":"#, commit)
    append(#","endLSN":"#, end)
    append(#","commitTime":"#, time)
    append(UInt8(ascii: "}"))
  }

  private mutating func append(_ key: StaticString, _ lsn: LSN) {
    append(json: key)
    append(quoted: lsn)
  }

  private mutating func append(_ key: StaticString, _ time: PostgresTimestamp) {
    append(json: key)
    append(UInt8(ascii: "\""))
    append(time, as: .timestamptz)
    append(UInt8(ascii: "\""))
  }
}
