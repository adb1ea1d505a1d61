internal import CDCTime
internal import PGOutput
internal import PGWire

/// Whether the last transaction of a checkpoint is still there, asked of a slot that is behind it.
///
/// The storage of a server can be set back together with its slots, as when a snapshot of a virtual
/// machine or of a volume is restored. Once that server has written on, position, timeline and
/// system identifier say nothing; what it sends from the slot's position on does.
struct HistoryCheck: Hashable, Sendable {
  /// Where the slot is.
  let start: LSN
  /// Where the transaction ends that has to come.
  let end: LSN
  let mark: TransactionMark
  let timeline: UInt32

  /// `nil` if the slot does not send the transaction again, or that is unknown.
  init?(of checkpoint: Checkpoint, _ proof: ResumeProof, _ params: ReplicationParams) {
    guard case .replays(let from, _) = proof, let end = checkpoint.transactionEnd, end > from,
      let mark = checkpoint.lastTransaction, mark.selection == params.selection
    else { return nil }
    start = from
    self.end = end
    self.mark = mark
    timeline = checkpoint.timeline
  }

  /// Reads a stream until that is known; nothing of it is acknowledged.
  func run(_ stream: Duplex) async throws(ReplicationError) -> Bool {
    var begun: (xid: UInt32, time: PostgresTimestamp)?
    while let event = try await stream.recv() {
      switch event {
      case .keepAlive(let keepAlive):
        // Everything that was committed before has been sent.
        if keepAlive.walEnd >= end { return false }
      case .xLogData(let data):
        do throws(WireError) {
          guard let found = try Self.end(data.payload, &begun) else { continue }
          if found.lsn >= end {
            return found.lsn == end && found.xid == mark.xid && found.time == mark.time
          }
        } catch {
          throw .connection(.wire(error))
        }
      default: break
      }
    }
    throw stream.end == .serverShutdown ? .serverShutdown : .closed
  }

  private typealias Found = (lsn: LSN, xid: UInt32, time: PostgresTimestamp)

  /// The end of a transaction, if the message is one.
  private static func end(
    _ payload: Payload, _ begun: inout (xid: UInt32, time: PostgresTimestamp)?
  ) throws(WireError) -> Found? {
    guard let kind = payload.first.flatMap({ PgOutputMessage.Kind(rawValue: $0) }) else {
      return nil
    }
    if kind == .begin {
      let begin = try payload.withBytes { (bytes) throws(WireError) in try Begin(decoding: bytes) }
      begun = (begin.xid, begin.commitTime)
      return nil
    }
    let begin = begun
    return try payload.withBytes { (bytes) throws(WireError) -> Found? in
      switch kind {
      case .commit:
        let commit = try Commit(decoding: bytes)
        return (commit.endLSN, begin?.xid ?? 0, commit.commitTime)
      case .streamCommit:
        let commit = try StreamCommit(decoding: bytes)
        return (commit.endLSN, commit.xid, commit.commitTime)
      case .prepare, .streamPrepare:
        let prepare = try Prepare(decoding: bytes)
        return (prepare.endLSN, prepare.xid, prepare.prepareTime)
      case .commitPrepared:
        let commit = try CommitPrepared(decoding: bytes)
        return (commit.endLSN, commit.xid, commit.commitTime)
      case .rollbackPrepared:
        let rollback = try RollbackPrepared(decoding: bytes)
        return (rollback.endLSN, rollback.xid, rollback.rollbackTime)
      default: return nil
      }
    }
  }
}
