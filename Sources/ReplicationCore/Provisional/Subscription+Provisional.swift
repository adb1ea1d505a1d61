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
  /// starts again, transactions in progress are sent again from their first block, and
  /// ``ProvisionalStep/discard(_:)`` says so before.
  ///
  /// For one consumer, in place of ``transactions`` and batches: a subscription gives one or the
  /// other. What is left of a whole transaction is passed over when the next step is asked for.
  /// They throw ``ReplicationError/stagedNotDiscarded`` if ``ProvisionalStep/Discard/done()`` was
  /// not called; nothing is lost by it. Since server 14; without ``ReplicationParams/streaming``
  /// nothing is provisional.
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
