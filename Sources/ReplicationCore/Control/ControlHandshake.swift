internal import CReplicationLibPQ
internal import PGWire

/// What there is to be seen of a TLS handshake while libpq takes its next step.
///
/// libpq reads until the handshake fails, closes its socket then, and has only words for a connection
/// that has ended.
struct ControlHandshake: ~Copyable {
  /// The socket, if a handshake is under way.
  private let socket: FileDescriptor?
  /// Whether the server had closed the connection before, with bytes of it left to be read.
  private let hasEnded: Bool

  /// What OpenSSL says, in English always, when the server itself says why it ends the handshake.
  private static let alert = " alert "

  init(_ connection: OpaquePointer?) {
    let isBegun = unsafe PQstatus(connection) == CONNECTION_SSL_STARTUP
    let isEncrypted = unsafe PQsslInUse(connection) == 1
    let isInProgress = isBegun && isEncrypted
    let original = unsafe PQsocket(connection)
    hasEnded = isInProgress && hasEndOfPeer(original)
    socket = isInProgress ? FileDescriptor.copy(of: original) : nil
  }

  /// Whether it has failed since the connection has ended.
  ///
  /// A server also closes the connection when we have refused its certificate, but only after
  /// that.
  ///
  /// - Parameter message: What libpq says.
  func hasBrokenOff(_ mode: SSLMode, _ message: String) -> Bool {
    if hasEnded { return !message.contains(Self.alert) }
    switch socket {
    case nil: return false
    case .some(let socket):
      let showsEnd = mode != .verifyCA && mode != .verifyFull
      return showsEnd && !message.contains(Self.alert) && hasEndOfPeer(socket.raw)
    }
  }
}
