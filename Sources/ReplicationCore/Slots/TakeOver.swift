public import PGWire

/// Which sessions a slot may be taken from, and how long that may last.
///
/// Everything that is named has to match; a policy that names nothing is refused.
public struct TakeOverPolicy: Hashable, Sendable {
  /// The holder's application_name.
  public var applicationName: String?
  /// The holder's role.
  public var user: String?
  /// The holder's address; an empty one means a Unix socket.
  public var clientAddress: String?
  /// The holder's server process.
  public var pid: Int32?
  /// How long to wait until the slot is free, once its holder was terminated.
  public var timeout: Duration

  /// A policy for holders that are the caller's own.
  public init(
    applicationName: String? = nil, user: String? = nil, clientAddress: String? = nil,
    pid: Int32? = nil, timeout: Duration = .seconds(10)
  ) {
    self.applicationName = applicationName
    self.user = user
    self.clientAddress = clientAddress
    self.pid = pid
    self.timeout = timeout
  }

  var namesNothing: Bool {
    applicationName == nil && user == nil && clientAddress == nil && pid == nil
  }

  /// What keeps a holder from being taken for the caller's own; `nil` if nothing does.
  func mismatch(_ holder: ServerSession) -> String? {
    if let applicationName, applicationName != holder.applicationName {
      return "its application_name is \"\(holder.applicationName)\", not \"\(applicationName)\""
    }
    if let user, user != holder.user {
      return "its role is \(holder.user ?? "not known"), not \(user)"
    }
    if let clientAddress {
      // Without the right to see it, no address looks like a Unix socket.
      guard holder.connectedSince != nil else {
        return "its address is not shown to this role, which needs pg_read_all_stats"
      }
      if clientAddress != holder.clientAddress ?? "" {
        return "its address is \(holder.clientAddress ?? "a Unix socket"), not \(clientAddress)"
      }
    }
    if let pid, pid != holder.pid { return "its process is \(holder.pid), not \(pid)" }
    return nil
  }
}

/// Why a slot was not taken over.
@nonexhaustive public enum TakeOverRefusal: Hashable, Sendable {
  /// The holder does not match the policy, and was left alone; in what.
  case notOurs(ServerSession, String)
  /// Somebody else is taking it over at the same time, or has just done so; who, if known.
  case contested(by: ServerSession?)
  /// The holder was terminated, and had not ended after so long.
  case stillHeld(ServerSession, after: Duration)
  /// This role may not end the holder's session.
  case notAllowed(ServerSession, ServerError)
}

extension TakeOverRefusal: CustomStringConvertible {
  public var description: String { words.displayed }

  private var words: String {
    switch self {
    case .notOurs(let holder, let difference):
      "its holder, \(holder), does not match the policy: \(difference)"
    case .contested(let other):
      "another session is taking it over" + (other.map { ": \($0)" } ?? "")
    case .stillHeld(let holder, let time):
      "its holder, \(holder), was terminated and has not ended within \(time); if its process "
        + "hangs, only the server's administrator can end it"
    case .notAllowed(let holder, let error):
      "its holder, \(holder), may not be ended by this role: \(error); "
        + "connect as the holder's role, or GRANT pg_signal_backend"
    }
  }
}

/// What the first look at a slot that is to be taken over found.
enum TakeOverStart: Sendable {
  case missing
  case free
  case ended(ServerSession)
  case refused(TakeOverRefusal)
}

extension ControlConnection {
  /// Ends the slot's holder if it matches the policy and no other session is taking the slot over.
  ///
  /// Unless something is in the way the advisory lock lasts until ``endTakeOver()``, or as long
  /// as the connection.
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

  /// Lets others try.
  ///
  /// The end of the connection would do so too, but only once the server has noticed it: until then
  /// we would stand in our own way.
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
    // Somebody has taken it over while we were getting ready to.
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
    // The holder may be gone when it is looked for.
    for _ in 1...3 {
      if try ask(.take(lock)) { return nil }
      let holders = try ask(.holders(of: lock))
      if let ours = holders.first(where: \.isOurs) { return ours.session }
      if !holders.isEmpty { return nil }
    }
    return nil
  }
}
