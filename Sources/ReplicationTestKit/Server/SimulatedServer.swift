public import PGWire
public import ReplicationCore

/// A server that serves a ``TestDatabase`` over a socket.
///
/// It answers what the library asks, over libpq too: for slots, publications, types, snapshots and
/// streams. So a program of its own process, or one in another language that asks no more than
/// that, can be tested. It takes every login, without TLS.
///
///     let server = try SimulatedServer(database)
///     let subscription = try Subscription(server.parameters(), checkpoints: store)
///
/// Each client has a thread of its own. What the database is told to do at will, such as
/// ``TestDatabase/interruptStream(afterMessages:)``, holds here as well. The server stops when it
/// is released.
public final class SimulatedServer: Sendable {
  /// What it serves.
  public let database: TestDatabase
  private let listener: ListeningSocket
  private let interrupt: Interrupt

  /// Starts a server.
  ///
  /// - Parameters:
  ///   - database: What it serves.
  ///   - place: Where to listen.
  /// - Throws: ``ScriptFailure`` if no socket is available.
  public init(
    _ database: TestDatabase, at place: ScriptedServer.Place = .tcp
  ) throws(ScriptFailure) {
    self.database = database
    let listener = try ListeningSocket(place)
    self.listener = listener
    do throws(TransportError) {
      let interrupt = try Interrupt()
      self.interrupt = interrupt
      try OwnThread.start {
        Self.serve(database, listener, interrupt)
        listener.close()
      }
    } catch {
      throw ScriptFailure(transport: error)
    }
  }

  deinit {
    interrupt.trigger()
  }

  /// What to connect to: an address, or the directory of a Unix socket.
  public var host: String { listener.host }

  /// The port, or the number in a Unix socket's name.
  public var port: UInt16 { listener.port }

  /// Takes no further connections, and ends those that there are.
  public func stop() {
    interrupt.trigger()
    database.breakConnections()
  }

  /// Options for connecting to this server.
  public func connectionOptions() throws(ConnectionOptionsError) -> ConnectionOptions {
    var options = try ConnectionOptions(
      host: host, port: port, user: "tester", database: TestDatabase.name)
    options.tls.mode = .disable
    options.connectTimeout = .seconds(60)
    return options
  }

  /// Parameters of a client of this server.
  ///
  /// - Parameters:
  ///   - slot: The slot.
  ///   - publications: The publications; all of the database if `nil`.
  public func parameters(
    slot: String = "test_slot", publications: [String]? = nil
  ) throws(ConnectionOptionsError) -> ReplicationParams {
    var params = ReplicationParams(
      connection: try connectionOptions(), slot: slot,
      publications: publications ?? database.publications)
    params.adopt(database.recordedOptions)
    return params
  }

  /// Takes connections until it is told to stop.
  private static func serve(
    _ database: TestDatabase, _ listener: ListeningSocket, _ interrupt: Interrupt
  ) {
    while !interrupt.isTriggered {
      guard
        (try? waitUntilReady(
          listener.descriptor, for: .read, orWoken: interrupt.descriptor, until: nil)) != nil
      else { return }
      do throws(ScriptFailure) {
        guard let descriptor = try listener.accept()?.release() else { continue }
        try? DatabaseSession.start(over: descriptor, of: database)
      } catch {
        return
      }
    }
  }
}
