/// Which sessions a slot may be taken from, and how long to wait for it.
///
/// All given criteria must match; a policy without criteria is refused.
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
  ///
  /// - Parameters:
  ///   - applicationName: Its application_name; `nil` for any.
  ///   - user: Its role; `nil` for any.
  ///   - clientAddress: Its address, empty for a Unix socket; `nil` for any.
  ///   - pid: Its server process; `nil` for any.
  ///   - timeout: How long to wait until the slot is free, once the holder was terminated.
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

  /// Why a holder does not match the policy; `nil` if it does.
  func mismatch(_ holder: ServerSession) -> String? {
    if let applicationName, applicationName != holder.applicationName {
      return "its application_name is \"\(holder.applicationName)\", not \"\(applicationName)\""
    }
    if let user, user != holder.user {
      return "its role is \(holder.user ?? "not known"), not \(user)"
    }
    if let clientAddress {
      // Without the right to see it, a hidden address would look like a Unix socket.
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

extension FormerSession {
  /// The policy to end it with.
  var policy: TakeOverPolicy {
    TakeOverPolicy(applicationName: applicationName, user: user, pid: pid)
  }
}
