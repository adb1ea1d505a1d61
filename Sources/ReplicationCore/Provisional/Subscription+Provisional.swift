extension Subscription {
  /// The same as ``transactions``, but with large transactions as they arrive, before it is known
  /// whether they commit.
  ///
  ///     for try await step in subscription.provisional {
  ///       switch step {
  ///       case .discard(let request):
  ///         stage.removeAll()
  ///         request.done()
  ///       case .provisional(let change): stage.add(change, xid: change.xid, subxid: change.subxid)
  ///       case .aborted(let xid): stage.remove(xid: xid)
  ///       case .subtransactionAborted(let xid, let subxid): stage.remove(xid: xid, subxid: subxid)
  ///       case .committed(let staged):
  ///         stage.publish(xid: staged.xid)
  ///         staged.acknowledge()
  ///       case .prepared(let staged, let gid): …
  ///       case .transaction(let transaction): …
  ///       }
  ///     }
  ///
  /// What ``ReplicationParams/streaming`` makes the server send in blocks is passed on block by
  /// block; nothing of it is kept here, nor goes to a file. The consumer stages it, and drops or
  /// takes over what aborts and commits name. Acknowledged are ends alone, as in
  /// ``transactions``; what is staged never moves the slot. When a stream breaks, or a process
  /// begins anew, transactions in progress come again from their first block, and
  /// ``ProvisionalStep/discard(_:)`` says so before.
  ///
  /// For one consumer, in place of ``transactions`` and batches: a subscription gives one or the
  /// other. Since server 14; without ``ReplicationParams/streaming`` nothing is provisional.
  public var provisional: ProvisionalSteps { ProvisionalSteps(source: source) }
}

/// The steps of a subscription, with large transactions as they arrive.
public struct ProvisionalSteps: AsyncSequence, Sendable {
  let source: TransactionSource

  public struct AsyncIterator: AsyncIteratorProtocol {
    let source: TransactionSource

    /// The next step; what is left of a whole transaction before is passed over.
    ///
    /// - Returns: `nil` when it was stopped, or ``ReplicationParams/stopAt`` is reached. What is
    ///   staged then of transactions in progress comes again with the next subscription.
    /// - Throws: ``ReplicationError``. ``ReplicationError/stagedNotDiscarded`` if
    ///   ``ProvisionalStep/Discard/done()`` was not called; nothing is lost by it, nor after
    ///   ``ReplicationError/cancelled``.
    public func next() async throws(ReplicationError) -> ProvisionalStep? {
      try await source.nextProvisionalStep()
    }

    public func next(
      isolation actor: isolated (any Actor)?
    ) async throws(ReplicationError) -> ProvisionalStep? {
      try await source.nextProvisionalStep()
    }
  }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: source) }
}
