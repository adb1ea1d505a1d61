internal import Synchronization

/// One step of a stream whose large transactions are passed on before they have ended.
///
/// Changes of transactions in progress are of a type of their own, and become ``Change``s only
/// through the ``StagedTransaction`` that ends them.
///
/// There will be no other cases: a `switch` that leaves one out is not to compile, since each of
/// them has to be heeded.
public enum ProvisionalStep: Sendable {
  /// Everything that is staged of transactions that have not ended is to be forgotten.
  ///
  /// The first step of every stream, the very first included: whatever was staged, by this process
  /// or one before, comes again. ``Discard/done()`` must be called before the next step is asked
  /// for.
  case discard(Discard)
  /// A change of a transaction in progress, which may yet be rolled back.
  case provisional(ProvisionalChange)
  /// A transaction in progress was rolled back: everything that was staged of it is void.
  case aborted(xid: UInt32)
  /// Of a transaction in progress a part was rolled back: what was staged with this subtransaction
  /// is void, and nothing else.
  case subtransactionAborted(xid: UInt32, subxid: UInt32)
  /// A transaction in progress has committed: what is staged of it counts.
  case committed(StagedTransaction)
  /// A transaction in progress was prepared: what is staged of it counts once a
  /// ``transaction(_:)`` of the kind ``/PGOutput/TransactionKind/commitPrepared(gid:)`` comes.
  case prepared(StagedTransaction, gid: String)
  /// A transaction that has come whole, or another step that a slot makes, as in
  /// ``Subscription/transactions``.
  case transaction(Transaction)

  /// The request to forget what is staged.
  public final class Discard: Sendable {
    private let isSaid = Atomic<Bool>(false)

    init() {}

    /// Everything that was staged of transactions that had not ended is forgotten.
    public func done() {
      isSaid.store(true, ordering: .releasing)
    }

    var isDone: Bool { isSaid.load(ordering: .acquiring) }
  }
}
