internal import PGWire

/// A control connection to a server in this process, for tests.
///
/// libpq connects to addresses only. The queries are the same; their values go as quoted text. Each
/// call of a ``ControlLink`` has a connection of its own.
final class InProcessControl: Sendable {
  private let session: Lock<Session>
  /// The server's major version.
  let serverVersion: Int
  /// The server's process that serves the connection.
  let processID: Int32

  private init(_ session: consuming sending Session) {
    serverVersion = ServerSetting.majorVersion(session.machine.parameters["server_version"] ?? "")
    processID = session.machine.processID
    self.session = Lock(session)
  }

  deinit {
    session.withLock { $0.terminate() }
  }

  static func open(
    _ options: ConnectionOptions, interrupt: Interrupt
  ) throws(ControlError) -> InProcessControl {
    let startup = options.startupParameters(replication: .off).map {
      StartupParameter(name: $0.name, value: $0.value)
    }
    do throws(PGWireError) {
      let session = try Session.open(
        options, SessionSetup(startup: startup, checksSettings: false), interrupt: interrupt)
      return InProcessControl(session)
    } catch {
      throw ControlError(inProcess: error)
    }
  }

  /// The rows of the first result of a query.
  func rows(_ sql: String) throws(ControlError) -> [ResultRow] {
    do throws(PGWireError) {
      let results = try session.withLock { session throws(PGWireError) in try session.query(sql) }
      return results.first?.resultRows ?? []
    } catch {
      throw ControlError(inProcess: error)
    }
  }
}

extension ControlError {
  /// What libpq would have said.
  fileprivate init(inProcess error: PGWireError) {
    switch error {
    case .server(let error): self = .server(error)
    case .transport(.closedByServer), .transport(.lost): self = .lost("\(error)")
    case .transport(let error): self = .transport(error)
    default: self = .cannotConnect("\(error)")
    }
  }
}
