internal import CReplicationSystem

/// What the system calls a connection that was not made in time.
let timedOutErrno = ETIMEDOUT

extension Transport {
  /// Connects to one address.
  ///
  /// - Throws: ``TransportError/lost(errno:)`` if the address does not take the connection; its
  ///   number is ``timedOutErrno`` after the deadline.
  package static func connect(
    to address: SocketAddress, _ options: ConnectionOptions, _ interrupt: Interrupt,
    until deadline: MonotonicTime?
  ) throws(TransportError) -> Transport {
    if let server = options.inProcessServer {
      let socket = FileDescriptor(owning: try server.connect())
      pgrepl_prevent_signal(socket.raw)
      return Transport(owning: socket)
    }
    return Transport(owning: try socket(to: address, options, interrupt, until: deadline))
  }

  private static func socket(
    to address: SocketAddress, _ options: ConnectionOptions, _ interrupt: Interrupt,
    until deadline: MonotonicTime?
  ) throws(TransportError) -> FileDescriptor {
    guard let descriptor = FileDescriptor.streamSocket(address.family) else {
      throw .lost(errno: lastErrno)
    }
    configure(descriptor.raw, family: address.family, options)
    let started = unsafe address.bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return Int32(-1) }
      let pointer = unsafe base.assumingMemoryBound(to: sockaddr.self)
      return unsafe CReplicationSystem.connect(descriptor.raw, pointer, socklen_t(bytes.count))
    }
    if started == 0 { return descriptor }
    // A Unix socket with a full queue says EAGAIN and must be tried again; nothing would wake us.
    guard lastErrno == EINPROGRESS || lastErrno == EINTR else { throw .lost(errno: lastErrno) }
    while true {
      if interrupt.isTriggered { throw .cancelled }
      if let deadline, MonotonicTime.now() >= deadline { throw .lost(errno: ETIMEDOUT) }
      let (ready, _) = try waitUntilReady(
        descriptor.raw, for: .write, orWoken: interrupt.descriptor, until: deadline)
      if !ready.isEmpty { break }
    }
    let failure = pendingError(descriptor.raw)
    guard failure == 0 else { throw .lost(errno: failure) }
    return descriptor
  }

  private static func pendingError(_ socket: Int32) -> Int32 {
    var failure: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return unsafe getsockopt(socket, SOL_SOCKET, SO_ERROR, &failure, &size) == 0
      ? failure : lastErrno
  }

  /// Closes the connection once sent bytes have stayed unacknowledged for this long; on Linux, over
  /// TCP.
  package func setUserTimeout(_ timeout: Duration) {
    pgrepl_set_user_timeout(descriptor, timeout.wholeMilliseconds)
  }

  /// Sets what can be set; an option that a system does not have is no reason to fail.
  private static func configure(_ socket: Int32, family: Int32, _ options: ConnectionOptions) {
    pgrepl_prevent_signal(socket)
    guard family != AF_UNIX else { return }
    let tcp = Int32(IPPROTO_TCP)
    set(socket, tcp, TCP_NODELAY, 1)
    if let timeout = options.tcpUserTimeout {
      pgrepl_set_user_timeout(socket, timeout.wholeMilliseconds)
    }
    guard options.keepalive.isEnabled else { return }
    set(socket, SOL_SOCKET, SO_KEEPALIVE, 1)
    if let idle = options.keepalive.idle { pgrepl_set_keepalive_idle(socket, idle.wholeSeconds) }
    if let interval = options.keepalive.interval {
      set(socket, tcp, TCP_KEEPINTVL, interval.wholeSeconds)
    }
    if let count = options.keepalive.count { set(socket, tcp, TCP_KEEPCNT, count) }
  }

  private static func set(_ socket: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
    var value = value
    _ = unsafe setsockopt(socket, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }
}

extension Duration {
  /// At least one second, which is the least that the socket options take.
  fileprivate var wholeSeconds: Int32 { max(1, Int32(clamping: components.seconds)) }

  fileprivate var wholeMilliseconds: Int32 { Int32(clamping: wholeNanoseconds / 1_000_000) }
}
