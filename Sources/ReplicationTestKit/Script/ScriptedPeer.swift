internal import PGWire

/// The server's end of one connection, as a script's steps see it.
///
/// While it waits or sends it also takes in what the client sends, so that
/// ``ScriptedServer/received`` is up to date and the two sides can't block each other.
public struct ScriptedPeer: ~Copyable {
  private var transport: Transport
  private var decoder = FrontendDecoder()
  private var inbox: [ClientMessage] = []
  private var scratch = [UInt8](repeating: 0, count: 1 << 14)
  private let record: ServerRecord
  private let interrupt: Interrupt
  private let timeout: Duration
  private var deadline: MonotonicTime
  /// Whether the client has closed its side.
  public private(set) var hasEnded = false
  /// Whether the script has closed this side.
  var isClosed = false

  init(
    _ transport: consuming Transport, record: ServerRecord, interrupt: Interrupt, timeout: Duration
  ) {
    self.transport = transport
    self.record = record
    self.interrupt = interrupt
    self.timeout = timeout
    self.deadline = .now() + timeout
  }

  /// Restarts the time limit for the next step.
  mutating func beginStep() {
    deadline = .now() + timeout
  }

  /// Shortens the time limit of the step to this.
  mutating func limitStep(to limit: Duration) {
    deadline = min(deadline, .now() + limit)
  }

  /// The client's next message; `nil` when it has closed the connection.
  public mutating func nextOrEnd() throws(ScriptFailure) -> ClientMessage? {
    while inbox.isEmpty {
      if hasEnded { return nil }
      try pump(until: deadline)
    }
    return inbox.removeFirst()
  }

  /// The client's next message.
  public mutating func next() throws(ScriptFailure) -> ClientMessage {
    guard let message = try nextOrEnd() else { throw ScriptFailure(.clientClosed) }
    return message
  }

  /// Sends all of these bytes.
  public mutating func send(_ bytes: [UInt8]) throws(ScriptFailure) {
    var sent = 0
    while sent < bytes.count {
      let result: TransferResult
      do throws(TransportError) {
        result = try transport.write(bytes.span.extracting(droppingFirst: sent))
      } catch {
        throw ScriptFailure(.clientClosed)
      }
      switch result {
      case .moved(let count): sent += count
      case .wouldBlock, .end: try pump(writing: true, until: deadline)
      }
    }
  }

  /// Switches to TLS and waits until the handshake is done.
  ///
  /// - Parameters:
  ///   - certificate: The path of a certificate, in PEM.
  ///   - key: The path of its private key.
  public mutating func startTLS(certificate: String, key: String) throws(ScriptFailure) {
    do throws(TransportError) {
      try transport.serveTLS(
        certificate: certificate, key: key, interrupt: interrupt, until: deadline)
    } catch {
      throw ScriptFailure(transport: error)
    }
  }

  /// Does nothing for this long but take in what comes.
  public mutating func pause(_ duration: Duration) throws(ScriptFailure) {
    let end = MonotonicTime.now() + duration
    deadline = max(deadline, end)
    while MonotonicTime.now() < end { try pump(until: end) }
  }

  /// Does nothing for this long, and leaves what comes where it is.
  public mutating func stall(_ duration: Duration) throws(ScriptFailure) {
    let end = MonotonicTime.now() + duration
    while MonotonicTime.now() < end {
      do throws(TransportError) {
        _ = try waitUntilReady(-1, for: [], orWoken: interrupt.descriptor, until: end)
      } catch {
        throw ScriptFailure(transport: error)
      }
      if interrupt.isTriggered { throw ScriptFailure(.stopped) }
    }
  }

  /// Takes in what is there, so that closing the socket says "end" and not "reset".
  mutating func drain() {
    while let result = try? transport.read(into: &scratch), case .moved(let count) = result {
      record.append(scratch[..<count])
    }
  }

  /// Makes the end of the connection a reset.
  func resetWhenClosed() {
    resetOnClose(transport.descriptor)
  }

  /// Waits once, and takes in what has come.
  private mutating func pump(
    writing: Bool = false, until end: MonotonicTime
  ) throws(ScriptFailure) {
    guard MonotonicTime.now() < deadline else { throw ScriptFailure(.timedOut) }
    var end = end
    var wanted: Readiness = hasEnded ? [] : .read
    if writing { wanted.insert(.write) }
    do throws(TransportError) {
      // TLS may hold what the socket does not any more.
      if transport.isEncrypted, !hasEnded, try takeIn() { end = .now() }
      let (ready, _) = try waitUntilReady(
        transport.descriptor, for: wanted, orWoken: interrupt.descriptor, until: end)
      if interrupt.isTriggered { throw .cancelled }
      if ready.contains(.read) { _ = try takeIn() }
    } catch {
      throw error == .cancelled ? ScriptFailure(.stopped) : ScriptFailure(transport: error)
    }
    try decode()
  }

  /// Reads once; true if something came.
  private mutating func takeIn() throws(TransportError) -> Bool {
    do throws(TransportError) {
      switch try transport.read(into: &scratch) {
      case .moved(let count):
        record.append(scratch[..<count])
        decoder.append(scratch[..<count])
        return true
      case .end: hasEnded = true
      case .wouldBlock: break
      }
    } catch .lost {
      // A reset is an end too.
      hasEnded = true
    }
    return false
  }

  private mutating func decode() throws(ScriptFailure) {
    do throws(WireError) {
      while let message = try decoder.next() {
        inbox.append(message)
        record.append(message)
      }
    } catch {
      throw ScriptFailure(.malformed(error))
    }
  }
}
