public import PGWire

/// What a simulated server does at will.
struct ServerScript: Sendable {
  /// How many messages of the plugin may still be sent before the connection breaks; `nil` for any
  /// number.
  var messagesLeft: Int?
  /// What the next connections are refused with.
  var refusals: [ServerError] = []
  /// The time before each message of the plugin.
  var pause: Duration?
  /// Keepalives that were asked for, and whether they ask for a reply.
  var keepAlives: [Bool] = []
  /// What makes operations fail, one in each run.
  var faults: FaultInjector?
}

extension TestDatabase {
  /// Breaks the stream that is open, or the next one, after it has sent this number of messages of
  /// the plugin.
  ///
  /// Begin, Relation, a change and Commit are a message each; see ``PgOutputEncoder``. It happens
  /// once, without a word of the server.
  ///
  /// - Parameter count: The number of messages; zero breaks it before the next one.
  public func interruptStream(afterMessages count: Int) {
    script.withLock { $0.messagesLeft = max(count, 0) }
    sessions.wake()
  }

  /// Refuses the next connections with an error of the server.
  ///
  /// - Parameters:
  ///   - count: How many connections. Control connections and those of snapshots count too.
  ///   - error: What the server says: by default that it is starting up.
  public func refuseConnections(_ count: Int, with error: ServerError? = nil) {
    let error =
      error ?? .made(severity: "FATAL", .cannotConnectNow, "the database system is starting up")
    script.withLock { $0.refusals += Array(repeating: error, count: max(count, 0)) }
  }

  /// The time before each message of the plugin, for a slow server; `nil` for none.
  public var messagePause: Duration? {
    get { script.withLock(\.pause) }
    set { script.withLock { $0.pause = newValue } }
  }

  /// Has the stream that is open, or the next one, send a keepalive once it has sent everything.
  ///
  /// - Parameter replyRequested: Whether the server asks for a reply, as before it shuts down.
  public func sendKeepAlive(replyRequested: Bool = false) {
    script.withLock { $0.keepAlives.append(replyRequested) }
    sessions.wake()
  }

  /// Ends all connections at once, as a server that crashes.
  public func breakConnections() {
    sessions.endAll()
  }

  /// What makes operations of the server fail, one in each run; see
  /// ``forEachFault(limit:_:)``.
  public var faults: FaultInjector? {
    get { script.withLock(\.faults) }
    set { script.withLock { $0.faults = newValue } }
  }

  /// Counts an operation of the server.
  ///
  /// - Returns: Whether it is to fail.
  func mustFail(_ operation: String) -> Bool {
    guard let faults = script.withLock(\.faults) else { return false }
    do throws(InjectedFault) {
      try faults.reach(operation)
      return false
    } catch {
      return true
    }
  }

  /// Counts a message of the plugin that is about to be sent.
  ///
  /// - Returns: Whether the connection is to break before it.
  func mustBreak() -> Bool {
    let isDue = script.withLock { script in
      guard let left = script.messagesLeft else { return false }
      script.messagesLeft = left > 0 ? left - 1 : nil
      return left == 0
    }
    return isDue || mustFail("the server sends a message")
  }
}
