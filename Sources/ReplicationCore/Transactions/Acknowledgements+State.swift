internal import PGWire

extension Acknowledgements {
  /// What acknowledgements, saving and the stream have in common.
  struct State: Sendable {
    var ledger: AcknowledgementLedger
    /// Where the stream stands, and of which server; `nil` before the first connection.
    var base: Checkpoint?
    /// To the stream that is open.
    var report: Report?
    /// The furthest position that was marked urgent.
    var urgentPosition = LSN.zero
    /// Whether it will be saved in a while.
    var isSaveDue = false
    /// What is saved, or need not be.
    var saved: LSN
    var abandoned = 0
    /// Whether nothing more is to be saved.
    var isFinished = false
    var failure: ReplicationError?
    /// Of the transactions that the ledger has passed, how many are saved.
    var savedCount = 0
    /// Whether nothing more will be saved.
    var isOver = false
    /// Of the changes of incremental snapshots that the ledger has passed, how many are saved.
    var savedDeltas = 0
    /// How often something changed in snapshots that belongs to no item.
    var entries = 0
    /// How often a stream was begun at a checkpoint that was loaded.
    var beginnings = 0
    /// Where the log ended that was followed, since it was last asked.
    var rewound: LSN?
    /// Waits until less is unsaved.
    var waiter: CheckedContinuation<Void, Never>?
  }
}
