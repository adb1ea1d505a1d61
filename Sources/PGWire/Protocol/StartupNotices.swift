/// The notices that a server sends before a session is ready, which are limited.
struct StartupNotices: Sendable {
  private var count = 0
  private var bytes = 0

  /// Counts a notice.
  ///
  /// - Throws: ``PGWireError/limitExceeded(_:limit:)`` for more than the limits allow.
  mutating func count(_ size: Int, _ limits: ConnectionLimits) throws(PGWireError) {
    count += 1
    bytes += size
    guard count <= limits.startupNoticeCount else {
      throw .limitExceeded(.startupNoticeCount, limit: limits.startupNoticeCount)
    }
    guard bytes <= limits.startupNoticeBytes else {
      throw .limitExceeded(.startupNoticeBytes, limit: limits.startupNoticeBytes)
    }
  }
}
