extension Subscription {
  /// The same as ``transactions``, but with large transactions as they arrive, before it is known
  /// whether they commit.
  ///
  ///     for try await step in subscription.provisional {
  ///       switch step {
  ///       case .discard(let request):
  ///         stage.removeAll()
  ///         request.acknowledge()
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
  /// Transactions that the server sends in blocks, because of ``ReplicationParams/streaming``, are
  /// passed on block by block; nothing of them is kept here or written to a file. The consumer
  /// stages the changes, and drops or publishes those that an abort or a commit names. Only ends
  /// are acknowledged, as in ``transactions``; staged changes never move the slot. When a stream
  /// breaks or a process restarts, transactions in progress are sent again from their first block,
  /// after a ``ProvisionalStep/discard(_:)``.
  ///
  /// For one consumer, in place of ``transactions`` and batches: a subscription delivers one or the
  /// other. The rest of a whole transaction is skipped when the next step is requested. They throw
  /// ``ReplicationError/stagedNotDiscarded`` if ``ProvisionalStep/Discard/acknowledge()`` was not
  /// called; nothing is lost then. Since server 14; without ``ReplicationParams/streaming`` nothing
  /// is provisional.
  ///
  /// <doc:TransactionsAndAcknowledgement#Which-way-to-take-when>
  /// compares the ways.
  public var provisional: ProvisionalSteps {
    ProvisionalSteps(
      ready: { () throws(ReplicationError) -> ProvisionalStep? in
        try self.provisionalSource.readyStep()
      },
      next: { () async throws(ReplicationError) -> ProvisionalStep? in
        try await self.provisionalSource.nextStep()
      })
  }
}

/// The steps of a subscription, with large transactions as they arrive.
public typealias ProvisionalSteps = DeliverySequence<ProvisionalStep>
