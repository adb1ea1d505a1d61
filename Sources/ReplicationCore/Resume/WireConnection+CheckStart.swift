internal import PGWire

extension WireConnection {
  /// Checks that the server's log reaches a position that a stream is to start from.
  ///
  /// Data that was written but not flushed yet counts: ``Client/currentLSN()`` returns such
  /// positions.
  ///
  /// - Returns: A lower bound of the log's end; `nil` if there is nothing to check.
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
