internal import PGWire

/// Finds out whether a server shuts down: it then refuses every connection, before it asks for a
/// password (SQLSTATE 57P03).
struct ShutdownQuestion: Sendable {
  private let server: ConnectionOptions
  private static let connectTimeout = Duration.seconds(5)

  /// - Parameter server: The one host and address that the stream comes from.
  init(_ server: ConnectionOptions) {
    var server = server
    server.connectTimeout = Self.connectTimeout
    self.server = server
  }

  /// Asks on a thread of its own.
  ///
  /// - Parameter answer: Called once, on that thread; false also if that is unknown.
  func ask(_ answer: @escaping @Sendable (Bool) -> Void) {
    do throws(TransportError) {
      try OwnThread.start { answer(isShuttingDown()) }
    } catch {
      answer(false)
    }
  }

  private func isShuttingDown() -> Bool {
    guard let interrupt = try? Interrupt() else { return false }
    let startup = server.startupParameters(replication: .off).map {
      StartupParameter(name: $0.name, value: $0.value)
    }
    do throws(PGWireError) {
      var session = try Session.open(server, SessionSetup(startup: startup), interrupt: interrupt)
      session.terminate()
      return false
    } catch {
      return error.isShutdown
    }
  }
}

extension PGWireError {
  fileprivate var isShutdown: Bool {
    switch self {
    case .server(let error): error.sqlState == .cannotConnectNow
    case .noHost(let failures): failures.contains { $0.error.isShutdown }
    default: false
    }
  }
}
