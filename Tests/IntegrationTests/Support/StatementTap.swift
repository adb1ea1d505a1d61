import CReplicationSystem
import Foundation
import Synchronization

/// Stands between clients and a server, and writes down the SQL that clients send: Query and Parse.
///
/// Everything is passed on. Connections must be without TLS.
///
/// It can be as poolers are that are told to ignore settings: it drops them from startup packets.
final class StatementTap: Sendable {
  let port: UInt16
  private let listener: Int32
  private let dropsSettings: Bool
  private let seen = Mutex<[String]>([])

  /// Listens at a free port of this machine.
  init(to host: String, port: UInt16, dropsSettings: Bool = false) throws {
    self.dropsSettings = dropsSettings
    let listener = socket(AF_INET, pgrepl_stream_socket, 0)
    self.listener = listener
    var address = try Self.address("127.0.0.1", port: 0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe bind(listener, pointer, size) == 0 && listen(listener, 64) == 0
          && getsockname(listener, pointer, &size) == 0
      }
    }
    guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
    self.port = UInt16(bigEndian: address.sin_port)
    let server = try Self.address(host, port: port)
    Thread.detachNewThread { [weak self, listener] in
      while case let client = accept(listener, nil, nil), client >= 0 {
        guard let self else { break }
        self.serve(client, server)
      }
    }
  }

  deinit { shutdown(listener, Int32(SHUT_RDWR)) }

  /// What was sent so far, each statement once.
  var statements: [String] {
    var known: Set<String> = []
    return seen.withLock { $0.filter { known.insert($0).inserted } }
  }

  private func serve(_ client: Int32, _ server: sockaddr_in) {
    let upstream = socket(AF_INET, pgrepl_stream_socket, 0)
    var server = server
    let isConnected = unsafe withUnsafePointer(to: &server) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(upstream, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else {
      close(client)
      close(upstream)
      return
    }
    let open = Mutex(2)
    let finish = { @Sendable in
      shutdown(client, Int32(SHUT_RDWR))
      shutdown(upstream, Int32(SHUT_RDWR))
      let isLast = open.withLock { open in
        open -= 1
        return open == 0
      }
      guard isLast else { return }
      close(client)
      close(upstream)
    }
    Thread.detachNewThread {
      Self.pump(from: upstream, to: client) { $0 }
      finish()
    }
    Thread.detachNewThread { [self] in
      var pending: [UInt8] = []
      var hasStarted = false
      Self.pump(from: client, to: upstream) { bytes in
        let isFirst = !hasStarted
        pending += bytes
        note(&pending, &hasStarted)
        // A startup packet comes in one piece.
        return isFirst && hasStarted && dropsSettings ? Self.withoutSettings(bytes) : bytes
      }
      finish()
    }
  }

  /// Takes whole messages off the front, and notes those with SQL.
  private func note(_ pending: inout [UInt8], _ hasStarted: inout Bool) {
    while true {
      let head = hasStarted ? 1 : 0
      guard pending.count >= head + 4 else { return }
      let length = pending[head..<head + 4].reduce(0) { $0 << 8 | Int($1) }
      guard pending.count >= head + length else { return }
      let body = Array(pending[(head + 4)..<(head + length)])
      if hasStarted {
        let texts = body.split(separator: 0, omittingEmptySubsequences: false)
        let index: Int? =
          switch pending[0] {
          case UInt8(ascii: "Q"): 0
          case UInt8(ascii: "P"): 1  // After the statement's name.
          default: nil
          }
        if let index, index < texts.count {
          let text = String(decoding: texts[index], as: UTF8.self)
          seen.withLock { $0.append(text) }
        }
      }
      hasStarted = true
      pending.removeFirst(head + length)
    }
  }

  /// A startup packet with nothing but who wants to connect where.
  private static func withoutSettings(_ packet: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let texts = packet.dropFirst(8).split(separator: 0, omittingEmptySubsequences: false)
    var kept = Array(packet.dropFirst(4).prefix(4))
    for index in stride(from: 0, to: texts.count - 1, by: 2) {
      let name = String(decoding: texts[index], as: UTF8.self)
      if ["user", "database", "replication"].contains(name) {
        kept += texts[index] + [0] + texts[index + 1] + [0]
      }
    }
    kept.append(0)
    let length = UInt32(kept.count + 4).bigEndian
    return (unsafe withUnsafeBytes(of: length) { unsafe Array($0) } + kept)[...]
  }

  private static func pump(
    from: Int32, to: Int32, _ change: (ArraySlice<UInt8>) -> ArraySlice<UInt8>
  ) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = unsafe read(from, &buffer, buffer.count), count > 0 {
      let bytes = Array(change(buffer[..<count]))
      var written = 0
      while written < bytes.count {
        let sent = unsafe bytes.withUnsafeBytes {
          unsafe pgrepl_send(to, $0.baseAddress?.advanced(by: written), bytes.count - written)
        }
        guard sent > 0 else { return }
        written += sent
      }
    }
  }

  private static func address(_ host: String, port: UInt16) throws -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    let numeric = host == "localhost" ? "127.0.0.1" : host
    guard unsafe inet_pton(AF_INET, numeric, &address.sin_addr) == 1 else {
      throw POSIXError(.EADDRNOTAVAIL)
    }
    return address
  }
}
