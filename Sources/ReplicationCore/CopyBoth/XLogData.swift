public import CDCTime
public import PGWire

/// One message of the output plugin.
public struct XLogData: Sendable {
  /// The message's position; zero for some, and not growing from one message to the next.
  public let start: LSN
  /// For a logical slot the same as ``start``.
  public let end: LSN
  /// The server's clock when it was sent.
  public let sentAt: PostgresTimestamp
  /// The message itself.
  public let payload: Payload
}
