internal import PGWire

/// The first result of an attempt to take over a slot.
enum TakeOverStart: Sendable {
  case missing
  case free
  case ended(ServerSession)
  case refused(TakeOverRefusal)
}

extension ControlConnection {
  /// Ends the slot's holder if it matches the policy and no other session is taking the slot over.
  ///
  /// If nothing prevents the take-over, the advisory lock lasts until ``endTakeOver()`` or until
  /// the connection ends.
  func beginTakeOver(
    _ slot: SlotName, _ policy: TakeOverPolicy
  ) throws(ControlError) -> TakeOverStart {
    do throws(ControlError) {
      let start = try tryTakeOver(slot, policy)
      switch start {
      case .free, .ended: break
      case .missing, .refused: try endTakeOver()
      }
      return start
    } catch {
      try? endTakeOver()
      throw error
    }
  }

  /// Lets other sessions take over the slot.
  ///
  /// Closing the connection would release the lock too, but only once the server notices; until
  /// then the lock would block our own next attempt.
  func endTakeOver() throws(ControlError) {
    try ask(.releaseLocks)
  }

  private func tryTakeOver(
    _ slot: SlotName, _ policy: TakeOverPolicy
  ) throws(ControlError) -> TakeOverStart {
    let before = try ask(.slotHolders)[slot.text]
    if let taker = try lockForTakeOver(slot) { return .refused(.contested(by: taker)) }
    guard let found = try ask(.slot(slot)) else { return .missing }
    guard found.isActive, let holder = try ask(.slotHolders)[slot.text] else { return .free }
    // Another session took it over while we prepared to.
    if let before, before.pid != holder.pid { return .refused(.contested(by: holder)) }
    if let difference = policy.mismatch(holder) {
      return .refused(.notOurs(holder, difference))
    }
    do throws(ControlError) {
      try ask(.endHolder(holder, of: slot))
    } catch {
      guard let server = error.serverError, server.sqlState == .insufficientPrivilege else {
        throw error
      }
      return .refused(.notAllowed(holder, server))
    }
    return .ended(holder)
  }

  /// Locks the slot against other take-overs.
  ///
  /// - Returns: The session of the own role that has the lock; `nil` if none has.
  private func lockForTakeOver(_ slot: SlotName) throws(ControlError) -> ServerSession? {
    let lock = SlotLock(purpose: .takeOver, slot: slot)
    // The holder may be gone by the time it is looked up.
    for _ in 1...3 {
      if try ask(.take(lock)) { return nil }
      let holders = try ask(.holders(of: lock))
      if let ours = holders.first(where: \.isOurs) { return ours.session }
      if !holders.isEmpty { return nil }
    }
    return nil
  }
}
