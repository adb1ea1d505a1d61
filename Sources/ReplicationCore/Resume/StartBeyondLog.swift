public import PGWire

/// A position that a stream was to start from, and that the server's log has not reached.
///
/// A server takes any position, and silently gives up everything that commits before it. So a
/// position beyond its log can only be a mistake, or of another server.
public struct StartBeyondLog: Hashable, Sendable {
  /// Where the stream was to start.
  public let start: LSN
  /// Where the server's log ends; of a standby, what it has received or replayed.
  public let logEnd: LSN
  /// Whether the server is a standby, which may get there yet.
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

extension Connection {
  /// Makes sure that the server's log reaches a position that a stream is to start from.
  ///
  /// What was written and not flushed yet counts: ``Client/currentLSN()`` returns such positions.
  ///
  /// - Returns: Where the log ends at least; `nil` if there is nothing to be checked.
  func checkStart(at start: LSN?) async throws(ReplicationError) -> LSN? {
    guard let start, start > .zero else { return nil }
    let flushed = try await ask(.system).position
    if start <= flushed { return flushed }
    let log = try await ask(.logEnd)
    let end = max(flushed, log.written)
    guard start > end else { return end }
    throw .startBeyondLog(StartBeyondLog(start: start, logEnd: end, isStandby: log.isStandby))
  }
}
