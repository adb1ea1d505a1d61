internal import CReplicationSystem

/// One address that a socket can be connected to.
package struct SocketAddress: Hashable, Sendable {
  /// The address family, `AF_INET` for example.
  package let family: Int32
  /// The C structure for that family, as bytes.
  package let bytes: [UInt8]
  /// The numeric address, or the path.
  package let host: String
  /// The address and port, or the path.
  package let description: String

  /// The address of a server's socket in the file system.
  package static func unix(path: String) throws(TransportError) -> SocketAddress {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let text = Array(path.utf8)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard text.count < capacity else {
      throw .cannotConnect(
        to: path, failures: [.init(address: path, errno: ENAMETOOLONG)])
    }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: text) }
    let bytes = unsafe withUnsafeBytes(of: &address) { unsafe Array($0) }
    return SocketAddress(family: AF_UNIX, bytes: bytes, host: path, description: path)
  }

  /// A numeric address, for which no resolver is asked.
  package static func literal(
    _ address: String, port: UInt16
  ) throws(TransportError) -> [SocketAddress] {
    try lookUp(address, port, flags: AI_NUMERICHOST).get()
  }

  /// All addresses of a place, in the order to try them.
  package static func all(
    of endpoint: Endpoint, interrupt: Interrupt, until deadline: MonotonicTime?
  ) throws(TransportError) -> [SocketAddress] {
    switch endpoint {
    case .tcp(let host, let port):
      try resolve(host: host, port: port, interrupt: interrupt, until: deadline)
    case .tcpAddress(let address, let port): try literal(address, port: port)
    case .unixSocket(let path): [try unix(path: path)]
    }
  }

  /// All addresses of a host name or a numeric address, in the order to try them.
  ///
  /// The look-up can take any time and can't be cancelled; so it runs on its own thread, which is
  /// left running when the wait is interrupted.
  package static func resolve(
    host: String, port: UInt16, interrupt: Interrupt, until deadline: MonotonicTime?
  ) throws(TransportError) -> [SocketAddress] {
    if case .success(let addresses) = lookUp(host, port, flags: AI_NUMERICHOST) {
      return addresses
    }
    let done = try Interrupt()
    let answer = Answer()
    try OwnThread.start {
      answer.value.withLock { $0 = lookUp(host, port, flags: 0) }
      done.trigger()
    }
    while !done.isTriggered {
      if interrupt.isTriggered { throw .cancelled }
      if let deadline, MonotonicTime.now() >= deadline { throw .connectTimedOut(to: host) }
      _ = try waitUntilReady(
        done.descriptor, for: .read, orWoken: interrupt.descriptor, until: deadline)
    }
    guard let result = answer.value.withLock({ $0 }) else { throw .cancelled }
    return try result.get()
  }

  private final class Answer: Sendable {
    let value = Lock<Result<[SocketAddress], TransportError>?>(nil)
  }

  private static func lookUp(
    _ host: String, _ port: UInt16, flags: Int32
  ) -> Result<[SocketAddress], TransportError> {
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = AF_UNSPEC
    unsafe hints.ai_socktype = pgrepl_stream_socket
    unsafe hints.ai_flags = flags | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>? = nil
    let code = unsafe getaddrinfo(host, String(port), &hints, &list)
    guard code == 0 else {
      let reason = unsafe String(cString: gai_strerror(code))
      return .failure(.unknownHost(host, reason: reason))
    }
    defer { unsafe freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = unsafe list
    while let entry = unsafe next {
      if let address = unsafe copy(entry.pointee, port: port) { addresses.append(address) }
      unsafe next = entry.pointee.ai_next
    }
    return .success(addresses)
  }

  private static func copy(_ entry: addrinfo, port: UInt16) -> SocketAddress? {
    guard let address = unsafe entry.ai_addr else { return nil }
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let code = unsafe getnameinfo(
      address, entry.ai_addrlen, &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST)
    let text =
      code == 0 ? String(decoding: host.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self) : "?"
    let bytes = unsafe UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen))
    return SocketAddress(
      family: unsafe entry.ai_family, bytes: unsafe Array(bytes), host: text,
      description: Endpoint.tcp(host: text, port: port).description)
  }
}
