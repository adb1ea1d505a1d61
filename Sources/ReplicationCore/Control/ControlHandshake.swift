internal import CReplicationLibPQ
internal import PGWire

/// What there is to be seen of a TLS handshake before libpq takes its next step.
///
/// libpq reads until the handshake fails, and has only words for a connection that has ended.
struct ControlHandshake {
  /// Whether it is under way.
  private let isInProgress: Bool
  /// Whether the server has closed the connection, with bytes of it left to be read.
  private let hasEnded: Bool
  /// Whether the server says itself why it ends the handshake.
  private let hasAlert: Bool

  private static let alert: UInt8 = 0x15

  init(_ connection: OpaquePointer?) {
    let isBegun = unsafe PQstatus(connection) == CONNECTION_SSL_STARTUP
    let isEncrypted = unsafe PQsslInUse(connection) == 1
    isInProgress = isBegun && isEncrypted
    let socket = unsafe PQsocket(connection)
    hasEnded = isInProgress && hasEndOfPeer(socket)
    hasAlert = isInProgress && firstByte(from: socket) == Self.alert
  }

  /// Whether it has failed since the connection has ended.
  ///
  /// A server also closes the connection when we have refused its certificate, but only after
  /// that.
  func hasBrokenOff(_ connection: OpaquePointer?, _ mode: SSLMode) -> Bool {
    guard isInProgress, !hasAlert else { return false }
    switch mode {
    case .verifyCA, .verifyFull: return hasEnded
    default: return hasEnded || hasEndOfPeer(unsafe PQsocket(connection))
    }
  }
}
