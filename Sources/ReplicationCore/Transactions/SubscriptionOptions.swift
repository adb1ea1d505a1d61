public import PGOutput
public import PGWire

/// Options of a ``Subscription``, beyond what is replicated.
public struct SubscriptionOptions: Sendable {
  /// What happens when a stream breaks.
  public var reconnect = ReconnectPolicy()
  /// Let the slot follow the server's log while everything delivered has been acknowledged.
  ///
  /// It is saved and then reported twice a second at most; without a store it is reported once in
  /// ``ReplicationParams/statusInterval``.
  /// Without it the slot of an idle publication holds back WAL that other tables produce. A server
  /// that asks, as it does when it shuts down, is told all the same, and at once.
  public var advancesWhenIdle = true
  /// Where to begin if there is no checkpoint; the slot itself, unless that is behind.
  ///
  /// What was committed before it is given up. A position beyond the end of the server's log is
  /// refused, ``ReplicationError/startBeyondLog(_:)``.
  public var startLSN: LSN?
  /// Acknowledge nothing, whatever the consumer says: for a look that leaves the slot as it is.
  public var leavesSlot = false
  /// Whether to continue where the stream can't resume from its checkpoint without a loss.
  ///
  /// It is asked what to do about a proof that is not complete, and won't become so by itself
  /// (``ResumeProof/isTransient``); true begins where the slot is,
  /// and gives up what lies before. By default nothing is given up: the sequence ends with
  /// ``ReplicationError/cannotResume(_:slot:)``.
  public var acceptsLoss: @Sendable (ResumeProof) -> Bool = { _ in false }
  /// How many acknowledged transactions may wait to be saved before the next one is delivered.
  ///
  /// A consumer that is killed gets at most so many whole transactions again, and the one that it
  /// was busy with. It waits for a save only when the store is slower than it is. Without a store
  /// nothing is saved.
  public var unsavedTransactions = 256
  /// Deliver a transaction only once all of it has arrived.
  ///
  /// Otherwise its changes are delivered as they arrive, and a connection that breaks in the middle
  /// ends them with ``ReplicationError/interrupted(commitLSN:)``. With it that never happens; what
  /// has arrived is kept as streamed transactions are (``streamedBytes``, ``spillDirectory``).
  public var keepsTransactionsWhole = false
  /// Where streamed transactions go that don't fit into memory: an existing directory.
  public var spillDirectory = "/tmp"
  /// Bytes of memory that streamed transactions may take together before they go to a file.
  ///
  /// A sixty-fourth part of the stream's byte budget, unless set.
  public var streamedBytes: Int?
  /// What is known of types that aren't built in.
  public var types = TypeCatalog()
  /// Ask the server what unknown types are made of, over a connection of its own.
  public var learnsTypes = false

  /// Whether tables are read before or while their changes are streamed.
  ///
  /// With a snapshot the consumer iterates ``Subscription/items``.
  public var snapshot = SubscriptionSnapshot.none

  /// The defaults.
  public init() {}
}
