import CReplicationSystem
import PGWire

/// A port of this machine whose queue of connections is full: connecting to it never ends.
///
/// Linux drops the packets that ask for a connection then, as a dead host would.
final class FullListener: Sendable {
  let port: UInt16
  private let sockets: [Int32]

  init() throws {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
    let listener = try Self.makeSocket()
    try unsafe Self.withAddress(&address) { unsafe bind(listener, $0, $1) }
    guard listen(listener, 0) == 0 else {
      throw TransportError.noResources("listen", errno: lastErrno)
    }
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    try unsafe Self.withAddress(&address) { pointer, _ in
      unsafe getsockname(listener, pointer, &size)
    }
    port = UInt16(bigEndian: address.sin_port)
    var sockets = [listener]
    for _ in 1...8 {
      let filler = try Self.makeSocket()
      sockets.append(filler)
      try? unsafe Self.withAddress(&address) { unsafe connect(filler, $0, $1) }
    }
    self.sockets = sockets
  }

  deinit {
    for socket in sockets { close(socket) }
  }

  private static func makeSocket() throws -> Int32 {
    guard let socket = FileDescriptor.streamSocket(AF_INET) else {
      throw TransportError.noResources("socket", errno: lastErrno)
    }
    return socket.release()
  }

  private static func withAddress(
    _ address: inout sockaddr_in, _ call: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Int32
  ) throws {
    let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe call($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw TransportError.noResources("a socket call", errno: lastErrno) }
  }
}
