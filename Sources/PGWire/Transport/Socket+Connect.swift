#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Where a server listens.
package enum Endpoint: Hashable, Sendable {
  /// A host name or numeric address, and a port.
  case tcp(host: String, port: UInt16)
  /// The path of a socket in the file system.
  case unix(path: String)
}

extension Endpoint: CustomStringConvertible {
  package var description: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): path
    }
  }
}

/// How a TCP connection notices that its peer is gone; zero means the operating system's default.
package struct KeepAliveOptions: Hashable, Sendable {
  package var isOn = true
  package var idleSeconds: Int32 = 0
  package var intervalSeconds: Int32 = 0
  package var count: Int32 = 0
  /// Linux only: how long sent bytes may stay unacknowledged, in milliseconds.
  package var userTimeoutMilliseconds: Int32 = 0

  package init() {}
}

extension Transport {
  /// Connects to the first address of `endpoint` that takes the connection.
  ///
  /// - Parameter timeout: For each address; `nil` for as long as the operating system tries.
  /// - Throws: ``TransportError/cannotConnect(to:failures:)`` with the fate of every address.
  package static func connect(
    to endpoint: Endpoint, keepAlive: KeepAliveOptions, timeout: Duration?, interrupt: Interrupt
  ) throws(TransportError) -> Transport {
    let deadline = timeout.map { MonotonicTime.now() + $0 }
    let addresses: [SocketAddress] =
      switch endpoint {
      case .tcp(let host, let port):
        try SocketAddress.resolve(host: host, port: port, interrupt: interrupt, until: deadline)
      case .unix(let path): [try SocketAddress.unix(path: path)]
      }
    var failures: [TransportError.ConnectFailure] = []
    for address in addresses {
      let deadline = timeout.map { MonotonicTime.now() + $0 }
      do {
        let socket = try connect(to: address, keepAlive, interrupt, until: deadline)
        return try Transport(owning: socket)
      } catch .lost(let errno) {
        failures.append(.init(address: address.description, errno: errno))
      }
    }
    if failures.allSatisfy({ $0.errno == ETIMEDOUT }), timeout != nil {
      throw .connectTimedOut(to: endpoint.description)
    }
    throw .cannotConnect(to: endpoint.description, failures: failures)
  }

  private static func connect(
    to address: SocketAddress, _ keepAlive: KeepAliveOptions, _ interrupt: Interrupt,
    until deadline: MonotonicTime?
  ) throws(TransportError) -> FileDescriptor {
    #if canImport(Glibc)
      let kind = Int32(SOCK_STREAM.rawValue)
    #else
      let kind = SOCK_STREAM
    #endif
    let raw = socket(address.family, kind, 0)
    guard raw >= 0 else { throw .lost(errno: errno) }
    let descriptor = FileDescriptor(owning: raw)
    try descriptor.setNonBlocking()
    configure(descriptor.raw, family: address.family, keepAlive)
    let started = unsafe address.bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return Int32(-1) }
      let pointer = unsafe base.assumingMemoryBound(to: sockaddr.self)
      return unsafe Platform.connect(descriptor.raw, pointer, socklen_t(bytes.count))
    }
    if started == 0 { return descriptor }
    // A Unix socket with a full queue says EAGAIN and must be tried anew; nothing would wake us.
    guard errno == EINPROGRESS || errno == EINTR else { throw .lost(errno: errno) }
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
    return unsafe getsockopt(socket, SOL_SOCKET, SO_ERROR, &failure, &size) == 0 ? failure : errno
  }

  /// Sets what can be set; an option that a system does not have is no reason to fail.
  private static func configure(_ socket: Int32, family: Int32, _ keepAlive: KeepAliveOptions) {
    #if canImport(Darwin)
      set(socket, SOL_SOCKET, SO_NOSIGPIPE, 1)
    #endif
    guard family != AF_UNIX else { return }
    let tcp = Int32(IPPROTO_TCP)
    set(socket, tcp, TCP_NODELAY, 1)
    guard keepAlive.isOn else { return }
    set(socket, SOL_SOCKET, SO_KEEPALIVE, 1)
    #if canImport(Darwin)
      if keepAlive.idleSeconds > 0 { set(socket, tcp, TCP_KEEPALIVE, keepAlive.idleSeconds) }
    #else
      if keepAlive.idleSeconds > 0 { set(socket, tcp, TCP_KEEPIDLE, keepAlive.idleSeconds) }
      if keepAlive.userTimeoutMilliseconds > 0 {
        set(socket, tcp, TCP_USER_TIMEOUT, keepAlive.userTimeoutMilliseconds)
      }
    #endif
    if keepAlive.intervalSeconds > 0 { set(socket, tcp, TCP_KEEPINTVL, keepAlive.intervalSeconds) }
    if keepAlive.count > 0 { set(socket, tcp, TCP_KEEPCNT, keepAlive.count) }
  }

  private static func set(_ socket: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
    var value = value
    _ = unsafe setsockopt(socket, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }
}

/// The C library's function, whose name a method of ours hides.
private enum Platform {
  static func connect(
    _ socket: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t
  ) -> Int32 {
    #if canImport(Darwin)
      return unsafe Darwin.connect(socket, address, length)
    #elseif canImport(Glibc)
      return unsafe Glibc.connect(socket, address, length)
    #elseif canImport(Musl)
      return unsafe Musl.connect(socket, address, length)
    #endif
  }
}
