import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Passes bytes between clients and a server on this machine, and breaks connections in the middle.
///
/// The client library has the signal ignored that a broken connection raises.
final class CuttingProxy: Sendable {
  /// Where it listens.
  let port: UInt16
  private let listener: Int32
  private let server: UInt16
  private let cuts: Cuts

  /// Starts a proxy.
  ///
  /// - Parameters:
  ///   - target: A port of this machine.
  ///   - cuts: After how many bytes of the client each connection is broken, in the order in which
  ///     they are made; those that follow are not broken.
  init(to target: UInt16, breakingAfter cuts: [Int]) throws {
    server = target
    self.cuts = Cuts(cuts)
    listener = try Self.openSocket(at: 0, isListener: true)
    port = Self.port(of: listener)
    Thread.detachNewThread { [self] in serve() }
  }

  /// Takes no further connections.
  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
  }

  private func serve() {
    while true {
      let client = accept(listener, nil, nil)
      guard client >= 0 else { break }
      guard let upstream = try? Self.openSocket(at: server, isListener: false) else {
        close(client)
        continue
      }
      let pair = Pair(client: client, server: upstream)
      let limit = cuts.next()
      Thread.detachNewThread { pair.pass(from: client, to: upstream, limit: limit) }
      Thread.detachNewThread { pair.pass(from: upstream, to: client, limit: .max) }
    }
    close(listener)
  }

  /// The numbers of bytes that are left.
  private final class Cuts: @unchecked Sendable {
    private let lock = NSLock()
    private var left: ArraySlice<Int>

    init(_ cuts: [Int]) {
      left = cuts[...]
    }

    func next() -> Int { lock.withLock { left.popFirst() ?? .max } }
  }

  /// A connection to the client and one to the server, closed when nobody uses them any more.
  private final class Pair: Sendable {
    let client: Int32
    let server: Int32

    init(client: Int32, server: Int32) {
      self.client = client
      self.server = server
    }

    deinit {
      close(client)
      close(server)
    }

    func pass(from source: Int32, to target: Int32, limit: Int) {
      var left = limit
      var bytes = [UInt8](repeating: 0, count: 1 << 14)
      while left > 0 {
        let wanted = min(left, bytes.count)
        let count = unsafe bytes.withUnsafeMutableBytes {
          unsafe read(source, $0.baseAddress, wanted)
        }
        guard count > 0 else { break }
        left -= count
        var sent = 0
        while sent < count {
          let written = unsafe bytes[sent..<count].withUnsafeBytes {
            unsafe write(target, $0.baseAddress, $0.count)
          }
          guard written > 0 else { break }
          sent += written
        }
        guard sent == count else { break }
      }
      shutdown(source, Int32(SHUT_RDWR))
      shutdown(target, Int32(SHUT_RDWR))
    }
  }
}

// MARK: - Sockets

extension CuttingProxy {
  private struct Failure: Error {
    let call: String
    let number: Int32
  }

  /// A socket that is connected to a port of this machine, or listens at one.
  private static func openSocket(at port: UInt16, isListener: Bool) throws -> Int32 {
    #if canImport(Glibc)
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    guard descriptor >= 0 else { throw Failure(call: "socket", number: errno) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
    var result = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe isListener
          ? bind(descriptor, address, length) : connect(descriptor, address, length)
      }
    }
    if result == 0, isListener { result = listen(descriptor, 16) }
    guard result == 0 else {
      let number = errno
      close(descriptor)
      throw Failure(call: isListener ? "bind" : "connect", number: number)
    }
    return descriptor
  }

  private static func port(of descriptor: Int32) -> UInt16 {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(descriptor, $0, &length)
      }
    }
    return UInt16(bigEndian: address.sin_port)
  }
}
