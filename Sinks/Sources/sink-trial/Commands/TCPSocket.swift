import Foundation

/// A TCP socket over IPv4, whose calls wait.
///
/// It is closed when the last thread that uses it is done with it.
final class TCPSocket: Sendable {
  private let descriptor: Int32

  private init(_ descriptor: Int32) {
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// - Throws: ``TrialError`` if the port is taken.
  static func listening(at port: UInt16) throws -> TCPSocket {
    let made = try make()
    var on: Int32 = 1
    unsafe setsockopt(
      made.descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    let bound = unsafe try withAddress(of: "127.0.0.1", port) { address, size in
      unsafe bind(made.descriptor, address, size)
    }
    guard bound == 0, listen(made.descriptor, 64) == 0 else { throw failure("listen at \(port)") }
    return made
  }

  /// - Throws: ``TrialError`` if nothing takes the connection.
  static func connected(to host: String, port: UInt16) throws -> TCPSocket {
    let made = try make()
    let result = unsafe try withAddress(of: host, port) { address, size in
      unsafe connect(made.descriptor, address, size)
    }
    guard result == 0 else { throw failure("connect to \(host):\(port)") }
    made.sendAtOnce()
    return made
  }

  /// The port that it listens at.
  func port() throws -> UInt16 {
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(descriptor, $0, &size)
      }
    }
    guard result == 0 else { throw Self.failure("getsockname") }
    return UInt16(bigEndian: address.sin_port)
  }

  /// Waits for the next connection.
  func takeConnection() throws -> TCPSocket {
    while true {
      let raw = accept(descriptor, nil, nil)
      if raw >= 0 {
        let taken = TCPSocket(raw)
        taken.sendAtOnce()
        return taken
      }
      guard errno == EINTR || errno == ECONNABORTED else { throw Self.failure("accept") }
    }
  }

  /// Passes everything on that comes, until one of the two ends; then both are ended.
  func pump(to other: TCPSocket) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0, other.sendAll(buffer[..<count]) else { break }
    }
    shutdown(descriptor, Int32(SHUT_RDWR))
    shutdown(other.descriptor, Int32(SHUT_RDWR))
  }

  private func sendAll(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { buffer in
        unsafe send(descriptor, buffer.baseAddress, buffer.count, Self.sendFlags)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Small pieces must not wait for each other: latencies are measured through it.
  private func sendAtOnce() {
    var on: Int32 = 1
    unsafe setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  #if os(Linux)
    private static let sendFlags = Int32(MSG_NOSIGNAL)
    private static let stream = Int32(SOCK_STREAM.rawValue)
  #else
    private static let sendFlags: Int32 = 0
    private static let stream = SOCK_STREAM
  #endif

  private static func make() throws -> TCPSocket {
    let descriptor = socket(AF_INET, stream, 0)
    guard descriptor >= 0 else { throw failure("socket") }
    return TCPSocket(descriptor)
  }

  private static func withAddress(
    of host: String, _ port: UInt16,
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    let name = host == "localhost" ? "127.0.0.1" : host
    guard unsafe inet_pton(AF_INET, name, &address.sin_addr) == 1 else {
      throw TrialError("\(host) is not an address of IPv4")
    }
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  private static func failure(_ what: String) -> TrialError {
    let code = errno
    return TrialError("\(what): \(unsafe String(cString: strerror(code)))")
  }
}
