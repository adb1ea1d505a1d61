public import PGWire

/// A position that a stream was to start from, and that the server's log has not reached.
///
/// A server accepts any position, and silently skips everything that commits before it. So a
/// position beyond its log can only be a mistake, or come from another server.
public struct StartBeyondLog: Hashable, Sendable {
  /// Where the stream was to start.
  public let start: LSN
  /// Where the server's log ends; on a standby, what it has received or replayed.
  public let logEnd: LSN
  /// Whether the server is a standby, which may still get there.
  public let isStandby: Bool
}

extension StartBeyondLog: CustomStringConvertible {
  public var description: String {
    isStandby
      ? "the stream can't start at \(start): the server is a standby, and has its log up to "
        + "\(logEnd); wait until it has received more"
      : "the stream can't start at \(start): the server's log ends at \(logEnd). The position is "
        + "of another server, from before a restore, or mistyped; start where the slot is, or from "
        + "a position that was received from this server"
  }
}
