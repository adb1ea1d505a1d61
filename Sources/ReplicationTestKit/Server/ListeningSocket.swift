internal import CReplicationSystem
internal import PGWire

/// A socket that listens on this machine alone, at a free port or in a directory of its own.
final class ListeningSocket: Sendable {
  private let socket: Lock<FileDescriptor?>
  let descriptor: Int32
  /// What to connect to: an address, or the socket's directory.
  let host: String
  let port: UInt16

  init(_ place: ScriptedServer.Place) throws(ScriptFailure) {
    let address: SocketAddress
    switch place {
    case .tcp: address = try Self.tcpAddress("127.0.0.1")
    case .tcp6: address = try Self.tcpAddress("::1")
    case .unixSocket: address = try Self.unixAddress(in: try makeTemporaryDirectory())
    }
    guard let socket = FileDescriptor.streamSocket(address.family) else { throw .last("socket") }
    guard bind(socket.raw, address.bytes) == 0 else { throw .last("bind") }
    guard listen(socket.raw, 16) == 0 else { throw .last("listen") }
    descriptor = socket.raw
    switch place {
    case .tcp, .tcp6:
      host = address.host
      port = try Self.boundPort(socket.raw)
    case .unixSocket:
      host = String(address.host.dropLast(Self.socketName.count))
      port = ConnectionOptions.defaultPort
    }
    self.socket = Lock(socket)
  }

  deinit {
    close()
  }

  /// Takes one connection that waits; `nil` if none does.
  func accept() throws(ScriptFailure) -> FileDescriptor? {
    if let socket = FileDescriptor.accepted(from: descriptor) {
      // Each send is a piece of its own. A Unix socket has no such option and needs none.
      var isOn: Int32 = 1
      let size = socklen_t(MemoryLayout<Int32>.size)
      _ = unsafe setsockopt(socket.raw, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, size)
      return socket
    }
    let harmless = [EAGAIN, EWOULDBLOCK, EINTR, ECONNABORTED]
    guard harmless.contains(lastErrno) else { throw .last("accept") }
    return nil
  }

  /// Refuses connections from now on.
  func close() {
    guard let socket = socket.withLock({ $0.take() }) else { return }
    _ = consume socket
    guard host.utf8.first == UInt8(ascii: "/") else { return }
    _ = unsafe unlink(host + Self.socketName)
    _ = unsafe rmdir(host)
  }

  private static let socketName = "/.s.PGSQL.\(ConnectionOptions.defaultPort)"

  private static func tcpAddress(_ host: String) throws(ScriptFailure) -> SocketAddress {
    do throws(TransportError) {
      let found = try SocketAddress.resolve(
        host: host, port: 0, interrupt: try Interrupt(), until: nil)
      guard let address = found.first else { throw .unknownHost(host, reason: "no address") }
      return address
    } catch {
      throw ScriptFailure(transport: error)
    }
  }

  private static func unixAddress(in directory: String) throws(ScriptFailure) -> SocketAddress {
    do throws(TransportError) {
      return try SocketAddress.unix(path: directory + socketName)
    } catch {
      throw ScriptFailure(transport: error)
    }
  }

  private static func boundPort(_ socket: Int32) throws(ScriptFailure) -> UInt16 {
    // The port is at the same place in the addresses of both families.
    var bytes = [UInt8](repeating: 0, count: MemoryLayout<sockaddr_in6>.size)
    var size = socklen_t(bytes.count)
    let result = unsafe bytes.withUnsafeMutableBytes { bytes -> Int32 in
      guard let base = bytes.baseAddress else { return -1 }
      return unsafe getsockname(socket, base.assumingMemoryBound(to: sockaddr.self), &size)
    }
    guard result == 0 else { throw .last("getsockname") }
    return UInt16(bytes[2]) << 8 | UInt16(bytes[3])
  }
}

extension ScriptFailure {
  fileprivate static func last(_ call: String) -> ScriptFailure {
    ScriptFailure(.system(call, errno: lastErrno))
  }
}

/// Makes a private directory with a path short enough for a Unix socket.
private func makeTemporaryDirectory() throws(ScriptFailure) -> String {
  var path = Array("/tmp/scripted-XXXXXX".utf8CString)
  guard unsafe mkdtemp(&path) != nil else { throw .last("mkdtemp") }
  return String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Makes the end of this socket's connection a reset, and drops what was not sent yet.
func resetOnClose(_ socket: Int32) {
  var option = linger(l_onoff: 1, l_linger: 0)
  let size = socklen_t(MemoryLayout<linger>.size)
  _ = unsafe setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, size)
}

private func bind(_ socket: Int32, _ address: [UInt8]) -> Int32 {
  unsafe address.withUnsafeBytes { bytes in
    guard let base = bytes.baseAddress else { return -1 }
    let pointer = unsafe base.assumingMemoryBound(to: sockaddr.self)
    return unsafe CReplicationSystem.bind(socket, pointer, socklen_t(bytes.count))
  }
}
