import CDCTime
import PGOutput
import PGWire

// What begins and ends transactions, as lines of JSON.
//
//     {"kind":"begin","xid":…,"commitLSN":…,"commitTime":…}
//     {"kind":"commit","xid":…,"commitLSN":…,"endLSN":…,"commitTime":…}
//     {"kind":"withdrawn","xid":…,"commitLSN":…}                 the lines since "begin" don't
//     count {"kind":"stream_start","xid":…,"first":true}
//     {"kind":"stream_stop","xid":…}
//     {"kind":"stream_commit","xid":…,"commitLSN":…,"endLSN":…,"commitTime":…}
//     {"kind":"stream_abort","xid":…,"subxid":…[,"abortLSN":…,"abortTime":…]}
//     {"kind":"begin_prepare","xid":…,"gid":…,"prepareLSN":…,"endLSN":…,"prepareTime":…}
//     {"kind":"prepare" or "stream_prepare", and the same}
//     {"kind":"commit_prepared","xid":…,"gid":…,"commitLSN":…,"endLSN":…,"commitTime":…}
//     {"kind":"rollback_prepared","xid":…,"gid":…,"prepareEndLSN":…,"endLSN":…,"prepareTime":…,
//      "rollbackTime":…}

extension [UInt8] {
  mutating func append(_ begin: Begin) {
    append(json: #"{"kind":"begin","xid":"#)
    append(json: String(begin.xid))
    append(#","commitLSN":"#, begin.finalLSN)
    append(#","commitTime":"#, begin.commitTime)
    append(json: "}\n")
  }

  mutating func append(_ commit: Commit, xid: UInt32?) {
    append(json: #"{"kind":"commit","xid":"#)
    append(json: xid.map { String($0) } ?? "null")
    appendEnd(commit.commitLSN, commit.endLSN, commit.commitTime)
  }

  mutating func append(withdrawn xid: UInt32, _ commit: LSN) {
    appendKind("withdrawn", xid: xid)
    append(#","commitLSN":"#, commit)
    append(json: "}\n")
  }

  mutating func append(_ start: StreamStart) {
    appendKind("stream_start", xid: start.xid)
    append(json: #","first":"#)
    append(start.isFirst)
    append(json: "}\n")
  }

  mutating func append(streamStop xid: UInt32) {
    appendKind("stream_stop", xid: xid)
    append(json: "}\n")
  }

  mutating func append(_ commit: StreamCommit) {
    appendKind("stream_commit", xid: commit.xid)
    appendEnd(commit.commitLSN, commit.endLSN, commit.commitTime)
  }

  mutating func append(_ abort: StreamAbort) {
    appendKind("stream_abort", xid: abort.xid)
    append(json: #","subxid":"#)
    append(json: String(abort.subxid))
    if let lsn = abort.abortLSN { append(#","abortLSN":"#, lsn) }
    if let time = abort.abortTime { append(#","abortTime":"#, time) }
    append(json: "}\n")
  }

  mutating func append(_ begin: BeginPrepare) {
    appendKind("begin_prepare", xid: begin.xid, gid: begin.gid)
    append(#","prepareLSN":"#, begin.prepareLSN)
    append(#","endLSN":"#, begin.endLSN)
    append(#","prepareTime":"#, begin.prepareTime)
    append(json: "}\n")
  }

  mutating func append(_ prepare: Prepare, kind: StaticString) {
    appendKind(kind, xid: prepare.xid, gid: prepare.gid)
    append(#","prepareLSN":"#, prepare.prepareLSN)
    append(#","endLSN":"#, prepare.endLSN)
    append(#","prepareTime":"#, prepare.prepareTime)
    append(json: "}\n")
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
    append(json: "}\n")
  }
}

extension [UInt8] {
  /// Appends the start of a line: its kind, and in a streamed block whose change it is.
  mutating func appendKind(_ kind: StaticString, provisionalIn xid: UInt32?) {
    append(json: #"{"kind":""#)
    append(json: kind.description)
    guard let xid else { return append(UInt8(ascii: "\"")) }
    append(json: #"","provisional":true,"xid":"#)
    append(json: String(xid))
  }

  mutating func append(_ flag: Bool) {
    append(json: flag ? "true" : "false")
  }

  private mutating func appendKind(_ kind: StaticString, xid: UInt32, gid: String? = nil) {
    append(json: #"{"kind":""#)
    append(json: kind.description)
    append(json: #"","xid":"#)
    append(json: String(xid))
    if let gid {
      append(json: #","gid":"#)
      append(string: gid)
    }
  }

  private mutating func appendEnd(_ commit: LSN, _ end: LSN, _ time: PostgresTimestamp) {
    append(#","commitLSN":"#, commit)
    append(#","endLSN":"#, end)
    append(#","commitTime":"#, time)
    append(json: "}\n")
  }

  private mutating func append(_ key: String, _ lsn: LSN) {
    append(json: key)
    append(lsn)
  }

  private mutating func append(_ key: String, _ time: PostgresTimestamp) {
    append(json: key)
    append(UInt8(ascii: "\""))
    time.append(to: &self, as: .timestamptz, style: .iso8601)
    append(UInt8(ascii: "\""))
  }
}
