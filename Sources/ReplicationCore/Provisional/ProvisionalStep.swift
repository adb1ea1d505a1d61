internal import Synchronization

/// One step of a stream whose large transactions are passed on before they have ended.
///
/// Changes of transactions in progress are of a type of their own, and become ``TransactionChange``s only
/// through the ``StagedTransaction`` that ends them.
///
/// No cases will be added: a `switch` that leaves one out must not compile, since each case has to
/// be handled.
public enum ProvisionalStep: Sendable {
  /// Discard everything that is staged of transactions that have not ended.
  ///
  /// This is the first step of every stream, including the very first one: everything staged, by
  /// this process or an earlier one, is sent again. Call ``Discard/done()`` before you request the
  /// next step.
  case discard(Discard)
  /// A change of a transaction in progress, which may still be rolled back.
  case provisional(ProvisionalChange)
  /// A transaction in progress was rolled back: everything that was staged of it is void.
  case aborted(xid: UInt32)
  /// A part of a transaction in progress was rolled back: only the changes staged with this
  /// subtransaction are void.
  case subtransactionAborted(xid: UInt32, subxid: UInt32)
  /// A transaction in progress has committed: its staged changes count.
  case committed(StagedTransaction)
  /// A transaction in progress was prepared: its staged changes count once a ``transaction(_:)`` of
  /// the kind ``/PGOutput/TransactionKind/commitPrepared(gid:)`` arrives.
  case prepared(StagedTransaction, gid: String)
  /// A transaction that has arrived whole, or another step of a slot, as in
  /// ``Subscription/transactions``.
  case transaction(ReplicationTransaction)

  /// The request to discard everything that is staged.
  public final class Discard: Sendable {
    private let isSaid = Atomic<Bool>(false)

    init() {}

    /// Confirms that everything staged of transactions that had not ended is discarded.
    public func done() {
      isSaid.store(true, ordering: .releasing)
    }

    var isDone: Bool { isSaid.load(ordering: .acquiring) }
  }
}
