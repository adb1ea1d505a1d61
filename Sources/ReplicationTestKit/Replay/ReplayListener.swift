internal import CReplicationSystem
internal import PGWire

/// A socket that takes connections: the one place of the replay server that calls the system.
final class ReplayListener: Sendable {
  private let socket: FileDescriptor
  /// The port, or 0 for a Unix socket.
  let port: UInt16
  private let path: String?

  /// As much as Linux lets an ordinary program have, so that few writes have to wait.
  private static let sendBuffer: Int32 = 4 << 20

  private init(_ socket: consuming FileDescriptor, port: UInt16 = 0, path: String? = nil) {
    self.socket = socket
    self.port = port
    self.path = path
  }

  deinit {
    if let path { _ = unsafe unlink(path) }
  }

  /// Listens on 127.0.0.1.
  static func tcp(port: UInt16) throws(TransportError) -> ReplayListener {
    let socket = try open(AF_INET)
    set(socket.raw, SOL_SOCKET, SO_REUSEADDR, 1)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        guard unsafe bind(socket.raw, pointer, size) == 0, listen(socket.raw, backlog) == 0
        else { return false }
        return unsafe getsockname(socket.raw, pointer, &size) == 0
      }
    }
    guard result else { throw .noResources("listening on 127.0.0.1:\(port)", errno: lastErrno) }
    return ReplayListener(socket, port: UInt16(bigEndian: address.sin_port))
  }

  /// Listens on a Unix socket; one that a server has left behind is replaced.
  static func unix(path: String) throws(TransportError) -> ReplayListener {
    let address = try SocketAddress.unix(path: path)
    let socket = try open(AF_UNIX)
    if FileStatus(path: path, followsLink: false)?.kind == .socket {
      _ = unsafe unlink(path)
    }
    let result = unsafe address.bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return Int32(-1) }
      let pointer = unsafe base.assumingMemoryBound(to: sockaddr.self)
      return unsafe bind(socket.raw, pointer, socklen_t(bytes.count))
    }
    guard result == 0, listen(socket.raw, backlog) == 0 else {
      throw .noResources("listening on \(path)", errno: lastErrno)
    }
    return ReplayListener(socket, path: path)
  }

  /// Takes connections until it is told to stop, each on a thread of its own.
  func serve(_ track: ReplayTrack, _ options: ReplayServer.Options, _ interrupt: Interrupt) {
    while !interrupt.isTriggered {
      do throws(TransportError) {
        let (ready, _) = try waitUntilReady(
          socket.raw, for: .read, orWoken: interrupt.descriptor, until: nil)
        guard !ready.isEmpty, let descriptor = accept() else { continue }
        try OwnThread.start {
          Self.serve(descriptor, track, options, interrupt)
        }
      } catch {
        return
      }
    }
  }

  private static func serve(
    _ descriptor: Int32, _ track: ReplayTrack, _ options: ReplayServer.Options,
    _ interrupt: Interrupt
  ) {
    let socket = FileDescriptor(owning: descriptor)
    set(socket.raw, SOL_SOCKET, SO_SNDBUF, sendBuffer)
    let connection = ReplayConnection(Transport(owning: socket), interrupt: interrupt)
    var session = ReplaySession(connection, track, options)
    // However it ends, the connection is closed and the client sees that.
    try? session.run()
  }

  private func accept() -> Int32? {
    guard let descriptor = FileDescriptor.accepted(from: socket.raw)?.release() else { return nil }
    if path == nil { Self.set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1) }
    pgrepl_prevent_signal(descriptor)
    return descriptor
  }

  private static let backlog: Int32 = 128

  private static func open(_ family: Int32) throws(TransportError) -> FileDescriptor {
    guard let socket = FileDescriptor.streamSocket(family) else {
      throw .noResources("socket", errno: lastErrno)
    }
    return socket
  }

  private static func set(_ socket: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
    var value = value
    _ = unsafe setsockopt(socket, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }
}
