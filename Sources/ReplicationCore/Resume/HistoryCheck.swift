internal import CDCTime
internal import PGOutput
internal import PGWire

/// Checks, with a slot that is behind a checkpoint, whether its last transaction is still there.
///
/// The storage of a server can be set back together with its slots, for example when a snapshot of
/// a virtual machine or a volume is restored. Once that server has written more, position, timeline
/// and system identifier prove nothing; only the transactions that it sends from the slot's
/// position on do.
struct HistoryCheck: Hashable, Sendable {
  /// Where the slot is.
  let start: LSN
  /// The end of the transaction that must be sent.
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

  /// Reads a stream until the answer is known; acknowledges nothing.
  func run(_ stream: Duplex) async throws(ReplicationError) -> Bool {
    var position = StreamPosition(checks: .nothing)
    var begun: TransactionStamp?
    while let event = try await stream.recv() {
      switch event {
      case .keepAlive(let keepAlive):
        // Everything that was committed before has been sent.
        if keepAlive.walEnd >= end { return false }
      case .xLogData(let data):
        let boundary: TransactionBoundary?
        do throws(PgOutputError) {
          boundary = try data.payload.withBytes { (bytes) throws(PgOutputError) in
            try position.read(bytes, at: data.start) { $0.boundary }
          }
        } catch {
          throw .decoding(error)
        }
        if case .opens(let stamp)? = boundary { begun = stamp }
        // A message outside of transactions has no time.
        guard let ended = boundary?.end, let time = ended.time, ended.position >= end else {
          continue
        }
        let xid = boundary?.stamp?.xid ?? begun?.xid
        return ended.position == end && xid == mark.xid && time == mark.time
      default: break
      }
    }
    throw stream.end == .serverShutdown ? .serverShutdown : .closed
  }
}
