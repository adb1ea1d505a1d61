internal import CReplicationLibPQ
internal import PGWire

/// What there is to be seen of a TLS connection while libpq takes its next step of connecting.
///
/// libpq reads until that fails, closes its socket then, and has only words for a connection that
/// has ended.
struct ControlHandshake: ~Copyable {
  /// The socket, if there is one.
  private let socket: FileDescriptor?
  /// Whether the server had closed the connection before, with bytes of it left to be read.
  private let hasEnded: Bool

  /// What libpq says, in every language, and OpenSSL, in English always, of an ended connection.
  ///
  /// What was refused, by the server or by us, is said in other words.
  private static let ends = ["SYSCALL", "unexpected eof"]

  init(_ connection: OpaquePointer?) {
    let original = unsafe PQsocket(connection)
    hasEnded = original >= 0 && hasEndOfPeer(original)
    socket = original >= 0 ? FileDescriptor.copy(of: original) : nil
  }

  /// Whether it has failed since the connection has ended.
  ///
  /// - Parameter message: What libpq says.
  func hasBrokenOff(_ message: String) -> Bool {
    guard Self.ends.contains(where: { message.contains($0) }) else { return false }
    if hasEnded { return true }
    switch socket {
    case nil: return false
    case .some(let socket): return hasEndOfPeer(socket.raw)
    }
  }
}
