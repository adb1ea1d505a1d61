internal import PGWire

/// Why a client is not served any longer.
enum ReplayEnd: Error {
  /// It has closed the connection, or it broke.
  case clientLeft
  /// It sent something that a server would not understand either.
  case malformed
  /// The server stops.
  case stopped
}

/// The bytes to and from one client, which is waited for on a thread of its own.
///
/// A wake-up of the interrupt ends no wait but ``waitOrWake(for:until:)``.
struct ReplayConnection: ~Copyable {
  private var transport: Transport
  private let interrupt: Interrupt
  private var inbox: [UInt8] = []
  private var scratch = [UInt8](repeating: 0, count: 1 << 16)

  /// The longest message of a client; clients send only queries and progress.
  private static let longestMessage = 1 << 20

  init(_ transport: consuming Transport, interrupt: Interrupt) {
    self.transport = transport
    self.interrupt = interrupt
  }

  /// Does the server's part of the TLS handshake.
  mutating func startTLS(certificate: String, key: String) throws(ReplayEnd) {
    do {
      try transport.serveTLS(
        certificate: certificate, key: key, interrupt: interrupt, until: nil)
    } catch {
      throw .clientLeft
    }
  }

  /// Waits until the client has said something, or can be told something.
  func wait(for wanted: Readiness) throws(ReplayEnd) -> Readiness {
    while true {
      let (ready, woken): (Readiness, Bool)
      do {
        (ready, woken) = try waitUntilReady(
          transport.descriptor, for: wanted, orWoken: interrupt.descriptor, until: nil)
      } catch {
        throw .clientLeft
      }
      if woken {
        if interrupt.isTriggered { throw .stopped }
        interrupt.drain()
      }
      if !ready.isEmpty { return ready }
    }
  }

  /// The same, but returns also when somebody wakes the thread, and at the deadline.
  func waitOrWake(
    for wanted: Readiness, until deadline: MonotonicTime? = nil
  ) throws(ReplayEnd) -> Readiness {
    let (ready, woken): (Readiness, Bool)
    do {
      (ready, woken) = try waitUntilReady(
        transport.descriptor, for: wanted, orWoken: interrupt.descriptor, until: deadline)
    } catch {
      throw .clientLeft
    }
    if woken {
      if interrupt.isTriggered { throw .stopped }
      interrupt.drain()
    }
    return ready
  }

  /// Reads what is there.
  mutating func read() throws(ReplayEnd) {
    do throws(TransportError) {
      switch try transport.read(into: &scratch) {
      case .moved(let count): inbox += scratch[..<count]
      case .wouldBlock: return
      case .end: throw .closedByServer
      }
    } catch {
      throw .clientLeft
    }
  }

  /// Drops what is there, so that closing the socket ends the connection and does not reset it.
  mutating func drain() {
    for _ in 0..<64 {
      guard case .moved? = try? transport.read(into: &scratch) else { return }
    }
  }

  /// Writes as much as the socket takes now.
  mutating func write(_ bytes: Span<UInt8>) throws(ReplayEnd) -> Int {
    do throws(TransportError) {
      guard case .moved(let count) = try transport.write(bytes) else { return 0 }
      return count
    } catch {
      throw .clientLeft
    }
  }

  /// Writes all, however long the client takes.
  mutating func send(_ bytes: [UInt8]) throws(ReplayEnd) {
    var sent = 0
    while sent < bytes.count {
      _ = try wait(for: .write)
      sent += try write(bytes.span.extracting(droppingFirst: sent))
    }
  }

  /// The client's next message, waited for.
  mutating func nextMessage() throws(ReplayEnd) -> (tag: UInt8, body: [UInt8]) {
    while true {
      if let message = try takeMessage() { return message }
      try readMore()
    }
  }

  /// The client's next message if all of it is there.
  mutating func takeMessage() throws(ReplayEnd) -> (tag: UInt8, body: [UInt8])? {
    guard let tag = inbox.first, let body = try takeBody(at: 1) else { return nil }
    return (tag, body)
  }

  /// The client's first packets, which have no tag: its code, and what follows.
  mutating func nextStartupPacket() throws(ReplayEnd) -> (code: UInt32, body: [UInt8]) {
    while true {
      if let body = try takeBody(at: 0) {
        var rest = body.span
        guard let code = try? rest.readUInt32() else { throw .malformed }
        return (code, Array(body.dropFirst(4)))
      }
      try readMore()
    }
  }

  /// Reads, and waits only if nothing is there: TLS may hold what the socket does not any more.
  private mutating func readMore() throws(ReplayEnd) {
    let before = inbox.count
    try read()
    if inbox.count == before { _ = try wait(for: .read) }
  }

  /// Takes a length and what it counts off the inbox, together with the bytes before it.
  private mutating func takeBody(at offset: Int) throws(ReplayEnd) -> [UInt8]? {
    guard inbox.count >= offset + 4 else { return nil }
    let length = inbox[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
    guard length >= 4, length <= Self.longestMessage else { throw .malformed }
    guard inbox.count >= offset + length else { return nil }
    let body = Array(inbox[offset + 4..<offset + length])
    inbox.removeSubrange(..<(offset + length))
    return body
  }
}
