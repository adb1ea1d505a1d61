internal import ChangeSinks
internal import Synchronization

/// Holds the session that is open, for one thread at a time.
@safe final class SessionBox: @unchecked Sendable {
  private let gate = Mutex(())
  /// Used only while the gate is locked.
  private var session: TargetSession?

  /// Passes the session to `body`, which may replace it.
  func use<R: Sendable>(
    _ body: (inout TargetSession?) throws(SinkError) -> R
  ) throws(SinkError) -> R {
    try gate.withLock { (_) throws(SinkError) -> R in try body(&session) }
  }
}
