public import PGOutput
public import PGWire

/// Options of a ``Subscription``, in addition to its ``ReplicationParams``.
public struct SubscriptionOptions: Sendable {
  /// What happens when a stream breaks.
  public var reconnect = ReconnectPolicy()
  /// Where to begin if there is no checkpoint; at the slot's position if that is further.
  ///
  /// Transactions committed before it are given up. A position beyond the end of the server's log
  /// is refused, ``ReplicationError/startBeyondLog(_:)``.
  public var startLSN: LSN?
  /// Acknowledge nothing, whatever the consumer does: to look at a slot without changing it.
  public var leavesSlot = false
  /// Whether to continue if the stream can't resume from its checkpoint without a loss.
  ///
  /// It is called with a proof that is not complete, and won't become so by itself
  /// (``ResumeProof/isTransient``). If it returns true, the stream begins at the slot's position,
  /// and everything before that is given up. By default nothing is given up: the sequence ends with
  /// ``ReplicationError/cannotResume(_:slot:)``.
  public var acceptsLoss: @Sendable (ResumeProof) -> Bool = { _ in false }
  /// How many acknowledged transactions may wait to be saved before the next one is delivered.
  ///
  /// A consumer that is killed gets at most this number of whole transactions again, and the one
  /// that it was processing. The consumer waits for a save only when the store is slower than the
  /// consumer. Without a store nothing is saved.
  public var unsavedTransactions = 256
  /// Deliver a transaction only once all of it has arrived.
  ///
  /// Otherwise its changes are delivered as they arrive, and a connection that breaks in the middle
  /// ends them with ``ReplicationError/interrupted(commitLSN:)``. With this option that never
  /// happens; arriving changes are kept like streamed transactions (``streamedBytes``,
  /// ``spillDirectory``).
  public var keepsTransactionsWhole = false
  /// The directory for streamed transactions that don't fit into memory; it must exist.
  public var spillDirectory = "/tmp"
  /// Makes steps on the file there fail, in tests.
  package var spillFaults: FileFaults?
  /// Bytes of memory that streamed transactions may take together before they go to a file.
  ///
  /// A sixty-fourth part of the stream's byte budget, unless set.
  public var streamedBytes: Int?
  /// The definitions of types that aren't built in.
  public var types = TypeCatalog()
  /// Ask the server for the definitions of unknown types, over a separate connection.
  public var learnsTypes = false

  /// Whether tables are read before or while their changes are streamed.
  ///
  /// With a snapshot the consumer iterates ``Subscription/items``.
  public var snapshot = SubscriptionSnapshot.none

  /// The defaults.
  public init() {}
}
