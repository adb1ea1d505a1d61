internal import CReplicationSystem
internal import PGWire
public import ReplicationCore

// How a client reaches the database in memory.

extension TestDatabase {
  /// Parameters of a client that is connected to the database in memory.
  ///
  /// Nothing listens: each connection is a pair of connected sockets within the process. Everything
  /// else is as with a server.
  ///
  /// - Parameters:
  ///   - slot: The slot.
  ///   - publications: The publications; all of the database if `nil`.
  public func parameters(
    slot: String = "test_slot", publications: [String]? = nil
  ) throws(ReplicationError) -> ReplicationParams {
    var connection: ConnectionOptions
    do throws(ConnectionOptionsError) {
      connection = try ConnectionOptions(host: "/in-memory", user: "tester", database: Self.name)
    } catch {
      throw .connection(.options(error))
    }
    connection.tls.mode = .disable
    connection.inProcessServer = InProcessDatabase(self)
    var params = ReplicationParams(
      connection: connection, slot: slot, publications: publications ?? self.publications)
    params.adopt(recordedOptions)
    return params
  }

  /// A subscription to the database in memory.
  ///
  /// - Parameters:
  ///   - slot: The slot.
  ///   - checkpoints: Where it is kept how far everything is done.
  ///   - options: By default those that connect again at once; see
  ///     `SubscriptionOptions.impatient`.
  ///   - change: Changes the parameters.
  public func subscription(
    slot: String = "test_slot", checkpoints: (any CheckpointStore)? = nil,
    options: SubscriptionOptions = .impatient,
    _ change: (inout ReplicationParams) -> Void = { _ in }
  ) throws(ReplicationError) -> Subscription {
    var params = try parameters(slot: slot)
    change(&params)
    return try Subscription(params, checkpoints: checkpoints, options: options)
  }
}

extension SubscriptionOptions {
  /// The defaults, but with almost no wait before a broken stream is opened again, and with an end
  /// of the attempts after 30 seconds.
  public static var impatient: SubscriptionOptions {
    var options = SubscriptionOptions()
    options.reconnect = ReconnectPolicy(
      initialInterval: .milliseconds(1), longestInterval: .milliseconds(20), timeout: .seconds(30))
    return options
  }
}

extension ReplicationParams {
  /// Takes over what decides which messages a recording has.
  mutating func adopt(_ options: [String: String]) {
    streaming = options["streaming"].flatMap { Streaming(rawValue: $0) } ?? streaming
    usesTwoPhase = options["two_phase"] == "true" || usesTwoPhase
    deliversMessages = options["messages"] == "true" || deliversMessages
    prefersBinary = options["binary"] == "true" || prefersBinary
  }
}

/// Connects clients of this process with a database.
private final class InProcessDatabase: InProcessServer {
  private let database: TestDatabase

  init(_ database: TestDatabase) {
    self.database = database
  }

  func connect() throws(TransportError) -> Int32 {
    guard let ends = FileDescriptor.socketPair() else {
      throw .noResources("socketpair", errno: lastErrno)
    }
    do throws(TransportError) {
      try DatabaseSession.start(over: ends.second, of: database)
    } catch {
      _ = FileDescriptor(owning: ends.first)
      throw error
    }
    return ends.first
  }
}
