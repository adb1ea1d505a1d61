public import CDCTime
public import PGWire

/// A keepalive of the server.
public struct KeepAlive: Hashable, Sendable {
  /// The end of what the server has decoded so far.
  ///
  /// Do not acknowledge it by itself: it says nothing about what the consumer has made durable.
  public let walEnd: LSN
  /// The server's clock when it was sent.
  public let sentAt: PostgresTimestamp
  /// Whether the server asked for a reply, which the library has already given.
  public let replyRequested: Bool
}

extension KeepAlive {
  /// The keepalive in a frame, if it is one.
  init?(_ frame: CopyBothFrame) {
    guard case .keepAlive(let walEnd, let sentAt, let replyRequested) = frame else { return nil }
    self.init(walEnd: walEnd, sentAt: sentAt, replyRequested: replyRequested)
  }
}
