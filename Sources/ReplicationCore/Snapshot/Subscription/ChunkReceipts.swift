internal import PGWire

/// Which tables of an initial snapshot are acknowledged.
final class ChunkReceipts: AcknowledgementReceiver {
  private struct State {
    /// The tables that were delivered and are not acknowledged, by the numbers of their chunks.
    var open: [AcknowledgementLedger.ID: String] = [:]
    var lastID: AcknowledgementLedger.ID = 0
    /// A table whose chunk nobody can acknowledge any more.
    var abandoned: String?
    var userData: [UInt8] = []
    /// Whether every row has been taken.
    var hasAllRows = false
  }

  private let state = Lock(State())
  private let changed = Wakeup()

  /// What was attached last.
  var userData: [UInt8] { state.withLock(\.userData) }

  /// Whether every table was read and acknowledged.
  var isComplete: Bool { state.withLock { $0.hasAllRows && $0.open.isEmpty } }

  /// A table is being delivered.
  ///
  /// - Returns: The number of its chunk.
  func open(_ table: String) -> AcknowledgementLedger.ID {
    state.withLock { state in
      state.lastID += 1
      state.open[state.lastID] = table
      return state.lastID
    }
  }

  func complete(_ id: AcknowledgementLedger.ID, attaching userData: [UInt8]?) {
    state.withLock { state in
      guard state.open.removeValue(forKey: id) != nil else { return }
      if let userData { state.userData = userData }
    }
    changed.wake()
  }

  func dropped(_ id: AcknowledgementLedger.ID) {
    state.withLock { state in
      if let table = state.open[id] { state.abandoned = table }
    }
    changed.wake()
  }

  /// Every row has been taken.
  func hasAllRows() {
    state.withLock { $0.hasAllRows = true }
  }

  /// Returns when every table is acknowledged; all of their rows have been taken.
  ///
  /// - Throws: ``ReplicationError/invalidParameter(_:)`` if that can't happen any more,
  ///   ``ReplicationError/cancelled``.
  func waitForAll() async throws(ReplicationError) {
    hasAllRows()
    while true {
      let (isComplete, abandoned) = state.withLock { ($0.open.isEmpty, $0.abandoned) }
      if let abandoned {
        throw .invalidParameter(
          "the chunk of \(abandoned) was released without being acknowledged: an initial snapshot "
            + "is finished once all of its chunks are acknowledged")
      }
      if isComplete { return }
      guard !Task.isCancelled else { throw .cancelled }
      await changed.wait()
    }
  }
}
