import CReplicationSystem
import PGWire

/// The thread of a ``FaultyRelay``: it passes on what comes, on all connections.
final class RelayLoop {
  private let listener: FileDescriptor
  private let port: UInt16
  private let tally: RelayTally
  private let interrupt: Interrupt
  private var links: [RelayLink] = []

  init(
    _ listener: consuming FileDescriptor, to port: UInt16, _ tally: RelayTally,
    _ interrupt: Interrupt
  ) {
    self.listener = listener
    self.port = port
    self.tally = tally
    self.interrupt = interrupt
  }

  /// Runs until it is interrupted.
  func run() {
    while !interrupt.isTriggered {
      var waited = [
        pollfd(fd: interrupt.descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: listener.raw, events: Int16(POLLIN), revents: 0),
      ]
      for link in links { waited += link.waited }
      let pause: Int32 = links.contains(where: \.isHeld) ? 50 : -1
      _ = unsafe poll(&waited, nfds_t(waited.count), pause)
      accept()
      for link in links { link.move(tally) }
      links.removeAll { $0.isOver }
    }
  }

  private func accept() {
    while let client = FileDescriptor.accepted(from: listener.raw) {
      guard let server = connected() else { continue }
      links.append(RelayLink(client, server))
    }
  }

  private func connected() -> FileDescriptor? {
    guard let server = FileDescriptor.streamSocket(AF_INET) else { return nil }
    let raw = server.raw
    let result = unsafe withLoopback(port: port) { unsafe connect(raw, $0, $1) }
    guard result == 0 || lastErrno == EINPROGRESS else { return nil }
    let deadline = MonotonicTime.now() + .seconds(10)
    let found = try? waitUntilReady(
      raw, for: .write, orWoken: interrupt.descriptor, until: deadline)
    guard let found, !found.ready.isEmpty else { return nil }
    return server
  }
}

/// A connection of a client, and the one to the server that goes with it.
final class RelayLink {
  /// One of its two sockets.
  private struct End: ~Copyable {
    let socket: FileDescriptor
    /// What has to be sent there.
    var pending: [UInt8] = []
    /// Whether everything was read that will ever come from there.
    var hasEnded = false

    init(_ socket: consuming FileDescriptor) {
      var isOn: Int32 = 1
      let size = socklen_t(MemoryLayout<Int32>.size)
      _ = unsafe setsockopt(socket.raw, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, size)
      pgrepl_prevent_signal(socket.raw)
      self.socket = socket
    }
  }

  private var client: End
  private var server: End
  private var framer = WireFramer()
  private var isFrozen = false
  /// What is delayed, and until when.
  private var held: (operation: WireFramer.Operation, end: MonotonicTime)?
  /// Whether it can be closed.
  private(set) var isOver = false

  init(_ client: consuming FileDescriptor, _ server: consuming FileDescriptor) {
    self.client = End(client)
    self.server = End(server)
  }

  /// Whether something is delayed.
  var isHeld: Bool { held != nil }

  /// What to wait for; nothing while nothing may be read.
  var waited: [pollfd] {
    if isFrozen || isHeld { return [] }
    return [Self.entry(client), Self.entry(server)]
  }

  private static func entry(_ end: borrowing End) -> pollfd {
    let events = (end.hasEnded ? 0 : POLLIN) | (end.pending.isEmpty ? 0 : POLLOUT)
    return pollfd(fd: events == 0 ? -1 : end.socket.raw, events: Int16(events), revents: 0)
  }

  /// Passes on what has come.
  func move(_ tally: RelayTally) {
    if isFrozen || isOver { return }
    if let held {
      guard MonotonicTime.now() >= held.end else { return }
      self.held = nil
      pass(held.operation.bytes, from: held.operation.side)
    }
    Self.read(&client, into: &framer, from: .client)
    Self.read(&server, into: &framer, from: .server)
    // What one side says can decide how the other side is read.
    var isMoving = true
    while isMoving {
      isMoving = false
      for side in [WireFramer.Side.client, .server] {
        guard let operation = framer.next(from: side) else { continue }
        isMoving = true
        if let fault = tally.reach(operation, isReplication: framer.isReplication) {
          strike(operation, fault)
          if isFrozen || isOver || isHeld { return }
        } else {
          pass(operation.bytes, from: side)
        }
      }
    }
    flush()
    // Neither side leaves anything out of an operation when it ends.
    let isDone = client.pending.isEmpty && server.pending.isEmpty
    if isDone, client.hasEnded || server.hasEnded { isOver = true }
  }

  private func pass(_ bytes: [UInt8], from side: WireFramer.Side) {
    switch side {
    case .client: server.pending += bytes
    case .server: client.pending += bytes
    }
  }

  private func strike(_ operation: WireFramer.Operation, _ fault: FaultyRelay.Fault) {
    switch fault {
    case .cut: end()
    case .reset:
      Self.resetAtEnd(client.socket.raw)
      Self.resetAtEnd(server.socket.raw)
      isOver = true
    case .torn:
      let half = operation.bytes.prefix(operation.bytes.count / 2)
      pass(Array(half), from: operation.side)
      end()
    case .delay: held = (operation, MonotonicTime.now() + FaultyRelay.delay)
    case .freeze:
      flush()
      isFrozen = true
    }
    if fault == .delay { flush() }
  }

  /// Ends both connections, with everything that was passed on before.
  private func end() {
    flush()
    shutdown(client.socket.raw, Int32(SHUT_RDWR))
    shutdown(server.socket.raw, Int32(SHUT_RDWR))
    isOver = true
  }

  private func flush() {
    let isSent = Self.send(&client)
    let isTaken = Self.send(&server)
    if !isSent || !isTaken { isOver = true }
  }

  /// - Returns: False if the connection is gone.
  private static func send(_ end: inout End) -> Bool {
    while !end.pending.isEmpty {
      let count = unsafe end.pending.withUnsafeBytes { bytes in
        unsafe pgrepl_send(end.socket.raw, bytes.baseAddress, bytes.count)
      }
      if count < 0 { return lastErrno == EAGAIN || lastErrno == EINTR }
      end.pending.removeFirst(count)
    }
    return true
  }

  private static func read(
    _ end: inout End, into framer: inout WireFramer, from side: WireFramer.Side
  ) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while !end.hasEnded {
      let count = unsafe recv(end.socket.raw, &buffer, buffer.count, 0)
      if count > 0 {
        framer.append(Array(buffer[..<count]), from: side)
      } else if count == 0 || (lastErrno != EAGAIN && lastErrno != EINTR) {
        end.hasEnded = true
      } else if lastErrno == EAGAIN {
        return
      }
    }
  }

  private static func resetAtEnd(_ socket: Int32) {
    var option = linger(l_onoff: 1, l_linger: 0)
    let size = socklen_t(MemoryLayout<linger>.size)
    _ = unsafe setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, size)
  }
}
