internal import PGWire

/// The control connection of a client: opened when it is first needed, and kept for later calls.
///
/// A connection that the server has ended between two calls is noticed before anything is sent over
/// it, and replaced once; one that breaks during a call is an error, since it is unknown whether
/// the statement was executed. Concurrent calls have a connection each, of which one is kept.
final class ControlLink: Sendable {
  private let options: ConnectionOptions
  private let patience: AnswerPatience
  private let state = Lock(State())

  /// A link to the server that these options connect to; opens no connection.
  init(_ options: ConnectionOptions, patience: AnswerPatience = AnswerPatience()) {
    self.options = options
    self.patience = patience
  }

  /// Runs `body` with the connection, on a thread of ours.
  ///
  /// - Parameter known: The server that was reached before, which is tried first.
  func run<R: Sendable>(
    known: ConnectionOptions?,
    _ body: @escaping @Sendable (borrowing ControlConnection) throws(ControlError) -> R
  ) async throws(ReplicationError) -> R {
    let idle = Lock(state.withLock { $0.idle.take() })
    let isOpen = idle.withLock { control -> Bool in
      if control?.isUsable(for: known) != true { control = nil }
      return control != nil
    }
    // Short-lived secrets are requested only when they are needed.
    let (options, known) = isOpen ? (options, known) : try await withSecrets(known)
    do throws(ControlError) {
      return try await OwnThread.run(failure: ControlError.transport) {
        [self] interrupt throws(ControlError) in
        var control: ControlConnection
        if let open = idle.withLock({ $0.take() }) {
          control = open
          control.rearm(interrupt)
        } else {
          control = try openControl(options, known: known, interrupt: interrupt)
          control.patience = patience
        }
        do throws(ControlError) {
          let result = try body(control)
          keep(control)
          return result
        } catch {
          keep(control)
          throw error
        }
      }
    } catch {
      throw ReplicationError(error)
    }
  }

  /// Closes the connection, which releases every advisory lock; a later call opens another.
  func close() {
    let ended = state.withLock { $0.idle.take() }
    _ = consume ended
  }

  /// Checks the options, and asks the providers of secrets for the connection that is about to be
  /// made.
  private func withSecrets(
    _ known: ConnectionOptions?
  ) async throws(ReplicationError) -> (ConnectionOptions, ConnectionOptions?) {
    do throws(ConnectionOptionsError) {
      try options.check()
    } catch {
      throw .connection(.options(error))
    }
    do throws(PGWireError) {
      return (try await options.withProvidedSecrets(), try await known?.withProvidedSecrets())
    } catch {
      throw ReplicationError(error)
    }
  }

  private func keep(_ control: consuming ControlConnection) {
    guard control.isUsable(for: nil) else { return }
    var control: ControlConnection? = control
    state.withLock { state in
      if state.idle == nil { state.idle = control.take() }
    }
  }

  private struct State: ~Copyable {
    var idle: ControlConnection?
  }
}

/// Opens a control connection, uses it on a thread of ours, and closes it.
func withControlConnection<R: Sendable>(
  _ options: ConnectionOptions,
  _ body: @escaping @Sendable (borrowing ControlConnection) throws(ControlError) -> R
) async throws(ReplicationError) -> R {
  let link = ControlLink(options)
  defer { link.close() }
  return try await link.run(known: nil, body)
}

private func openControl(
  _ options: ConnectionOptions, known: ConnectionOptions?, interrupt: Interrupt
) throws(ControlError) -> ControlConnection {
  if let known, known.hosts != options.hosts {
    do throws(ControlError) {
      return try ControlConnection.open(known, interrupt: interrupt)
    } catch {
      guard error.leavesOtherHosts else { throw error }
    }
  }
  return try ControlConnection.open(options, interrupt: interrupt)
}
