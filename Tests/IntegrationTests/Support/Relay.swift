import CReplicationSystem
import Foundation
import PGWire
import Synchronization

/// A network between a client and a server, which can freeze.
///
/// Then nothing gets through the connections that there are, in either direction, not even their
/// ends. New ones work.
final class Relay: Sendable {
  let port: Int
  private let listener: Int32
  /// Connections of a former generation are frozen.
  private let generation = Atomic<Int>(0)

  /// - Parameter port: The server's, on this machine.
  init(to port: Int) throws {
    let listener = try Self.socket()
    guard unsafe Self.withAddress(port: 0, { unsafe bind(listener, $0, $1) }) == 0,
      listen(listener, 16) == 0
    else { throw POSIXError(.EADDRINUSE) }
    var bound = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = unsafe withUnsafeMutablePointer(to: &bound) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe getsockname(listener, pointer, &size)
      }
    }
    self.listener = listener
    self.port = Int(UInt16(bigEndian: bound.sin_port))
    Thread.detachNewThread { [weak self, listener] in
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        guard let self, let server = try? Self.socket(),
          unsafe Self.withAddress(port: port, { unsafe connect(server, $0, $1) }) == 0
        else {
          close(client)
          continue
        }
        self.copy(from: client, to: server)
        self.copy(from: server, to: client)
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  /// Freezes every connection that there is, for good.
  func freeze() {
    generation.add(1, ordering: .sequentiallyConsistent)
  }

  private func copy(from source: Int32, to target: Int32) {
    let mine = generation.load(ordering: .sequentiallyConsistent)
    Thread.detachNewThread { [weak self] in
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = unsafe read(source, &buffer, buffer.count)
        // A frozen connection stays open on both sides for as long as the tests run.
        guard self?.generation.load(ordering: .sequentiallyConsistent) == mine else { return }
        guard count > 0 else { break }
        var sent = 0
        while sent < count {
          let rest = Array(buffer[sent..<count])
          let written = unsafe pgrepl_send(target, rest, rest.count)
          guard written > 0 else { break }
          sent += written
        }
        if sent < count { break }
      }
      shutdown(target, Int32(SHUT_WR))
    }
  }

  private static func socket() throws -> Int32 {
    let raw = CReplicationSystem.socket(AF_INET, pgrepl_stream_socket, 0)
    guard raw >= 0 else { throw POSIXError(.EMFILE) }
    return raw
  }

  private static func withAddress(
    port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe body(pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}

extension Relay {
  /// The server's connection options, with the relay in between.
  ///
  /// - Parameter settings: As `-c name=value`.
  func options(
    _ server: ConnectionOptions, settings: String? = nil
  ) throws -> ConnectionOptions {
    try ConnectionOptions(
      hosts: [ConnectionHost("127.0.0.1", port: UInt16(port))], user: server.user,
      password: server.password, database: server.database, serverOptions: settings)
  }
}
