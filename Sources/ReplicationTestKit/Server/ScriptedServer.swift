internal import PGWire

/// A server that follows a script: it listens on this machine, and does what the script says.
///
/// It needs no PostgreSQL, and can do what no real server does at will: cut messages anywhere, fall
/// silent, break off. What the client sends is recorded, to the byte. It runs on a thread of its
/// own.
///
///     let server = try ScriptedServer([
///       .stream(),
///       .send(BackendEncoder.keepAlive(walEnd: LSN(rawValue: 100), replyRequested: true)),
///       .expectStatusUpdate(write: LSN(rawValue: 100)),
///       .awaitEnd(),
///     ])
///     let duplex = try await Client(server.replicationParams()).startReplication()
///     …
///     try await server.finish()
///
/// No step waits longer than the timeout, so that a test that waits for a script can't hang. A
/// script that fails closes its connection at once; ``finish()`` throws what went wrong and where.
/// A server to which no reference is left continues to the end of its script.
public final class ScriptedServer: Sendable {
  /// Where to listen.
  @nonexhaustive public enum Place: Hashable, Sendable {
    /// A free port of 127.0.0.1.
    case tcp
    /// A free port of ::1.
    case tcp6
    /// A Unix socket in a temporary directory.
    case unixSocket
  }

  private let listener: ListeningSocket
  private let record = ServerRecord()
  private let interrupt: Interrupt

  /// Starts a server for one connection.
  ///
  /// - Parameters:
  ///   - script: What to do, from the moment a client connects.
  ///   - place: Where to listen.
  ///   - timeout: How long a step may take, and the client until it connects. The client's tasks
  ///     may have to wait for those of other tests, so the timeout should not be short.
  /// - Throws: ``ScriptFailure`` if no socket is available.
  public convenience init(
    _ script: [ScriptStep], at place: Place = .tcp, timeout: Duration = .seconds(60)
  ) throws(ScriptFailure) {
    try self.init(sessions: [script], at: place, timeout: timeout)
  }

  /// Starts a server for several connections, one after the other, each with its own script.
  ///
  /// The next client is accepted when the previous script is over. After the last one connections
  /// are
  /// refused.
  public init(
    sessions: [[ScriptStep]], at place: Place = .tcp, timeout: Duration = .seconds(60)
  ) throws(ScriptFailure) {
    listener = try ListeningSocket(place)
    let runner: ScriptRunner
    do throws(TransportError) {
      interrupt = try Interrupt()
      runner = ScriptRunner(
        listener: listener, record: record, interrupt: interrupt, timeout: timeout)
      try OwnThread.start { runner.run(sessions) }
    } catch {
      throw ScriptFailure(transport: error)
    }
  }

  /// What to connect to: an address, or the directory of a Unix socket.
  public var host: String { listener.host }

  /// The port, or the number in a Unix socket's name.
  public var port: UInt16 { listener.port }

  /// Every message received so far, of all connections.
  public var received: [ClientMessage] { record.messages }

  /// Every byte received so far, of all connections.
  public var receivedBytes: [UInt8] { record.bytes }

  /// Waits until the script is over.
  ///
  /// When the task is cancelled the server stops.
  ///
  /// - Throws: ``ScriptFailure`` if a step failed; it names the step.
  public func finish() async throws(ScriptFailure) {
    await withTaskCancellationHandler {
      await record.waitForEnd()
    } onCancel: {
      stop()
    }
    try record.result?.get()
  }

  /// Waits until what was received so far satisfies a condition.
  ///
  /// - Throws: ``ScriptFailure`` if the script has failed, or is over and the condition not met.
  public func waitUntil(
    _ condition: @Sendable ([ClientMessage]) -> Bool
  ) async throws(ScriptFailure) {
    while true {
      let result = record.result
      if condition(received) { return }
      if let result {
        try result.get()
        throw ScriptFailure(.stepThrew("the script is over, and what was waited for did not come"))
      }
      do {
        try await Task.sleep(for: .milliseconds(2))
      } catch {
        throw ScriptFailure(.stopped)
      }
    }
  }

  /// Ends the script where it is and closes the sockets.
  public func stop() {
    interrupt.trigger()
  }
}

/// Runs the scripts on the server's thread.
private struct ScriptRunner: Sendable {
  let listener: ListeningSocket
  let record: ServerRecord
  let interrupt: Interrupt
  let timeout: Duration

  func run(_ sessions: [[ScriptStep]]) {
    let result: Result<Void, ScriptFailure>
    do throws(ScriptFailure) {
      for (index, script) in sessions.enumerated() {
        let prefix = sessions.count > 1 ? "session \(index + 1), " : ""
        try runSession(script, named: prefix)
      }
      result = .success(())
    } catch {
      result = .failure(error)
    }
    listener.close()
    record.finish(result)
  }

  private func runSession(_ script: [ScriptStep], named prefix: String) throws(ScriptFailure) {
    var peer: ScriptedPeer
    do throws(ScriptFailure) {
      peer = try waitForClient()
    } catch {
      throw error.inStep("\(prefix)step 0 (a client connects)")
    }
    let parts = script.flatMap(\.parts)
    for (index, part) in parts.enumerated() where !peer.isClosed {
      peer.beginStep()
      do {
        try part.body(&peer)
      } catch {
        let failure = error as? ScriptFailure ?? ScriptFailure(.stepThrew("\(error)"))
        throw failure.inStep("\(prefix)step \(index + 1) of \(parts.count) (\(part.name))")
      }
    }
    peer.drain()
  }

  private func waitForClient() throws(ScriptFailure) -> ScriptedPeer {
    let deadline = MonotonicTime.now() + timeout
    while true {
      if let socket = try listener.accept() {
        return ScriptedPeer(
          Transport(owning: socket), record: record, interrupt: interrupt, timeout: timeout)
      }
      guard MonotonicTime.now() < deadline else { throw ScriptFailure(.timedOut) }
      do throws(TransportError) {
        _ = try waitUntilReady(
          listener.descriptor, for: .read, orWoken: interrupt.descriptor, until: deadline)
      } catch {
        throw ScriptFailure(transport: error)
      }
      if interrupt.isTriggered { throw ScriptFailure(.stopped) }
    }
  }
}

extension ScriptFailure {
  fileprivate func inStep(_ step: String) -> ScriptFailure {
    var failure = self
    failure.step = failure.step ?? step
    return failure
  }
}
