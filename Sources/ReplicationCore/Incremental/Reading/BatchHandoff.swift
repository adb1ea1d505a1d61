internal import PGWire

/// Hands the batches of one range to the consumer, one after the other.
///
/// It holds one: the worker fetches the next only when this one has been taken, so that alive are
/// the one that is used and the one behind it.
final class BatchHandoff: Sendable {
  private enum Content: Sendable {
    case nothing
    case batch(SnapshotBatch)
    case end
    case failure(ReplicationError)
  }

  private struct State {
    var content = Content.nothing
    var hasBegun = false

    var holdsBatch: Bool {
      if case .batch = content { true } else { false }
    }
  }

  private let state = Lock(State())
  private let arrived = Wakeup()
  private let taken = Wakeup()

  /// Whether the consumer has been given the chunk, or has asked for the first batch.
  var hasBegun: Bool { state.withLock(\.hasBegun) }

  /// The consumer knows of the chunk, and is about to ask.
  func begin() { state.withLock { $0.hasBegun = true } }

  /// Leaves a batch for the consumer, and returns when it has been taken.
  ///
  /// - Throws: ``ReplicationError/cancelled``.
  func put(_ batch: SnapshotBatch) async throws(ReplicationError) {
    leave(.batch(batch))
    while state.withLock(\.holdsBatch) {
      guard !Task.isCancelled else { throw .cancelled }
      await taken.wait()
    }
  }

  /// No more batches come.
  func finish() { leave(.end) }

  /// The range can't be read to its end; the first reason counts.
  func fail(_ error: ReplicationError) { leave(.failure(error)) }

  /// Fails unless the consumer has been given the chunk.
  ///
  /// - Returns: Whether it has failed.
  func failUnlessBegun(_ error: ReplicationError) -> Bool {
    let fails = state.withLock { state in
      if !state.hasBegun { state.content = .failure(error) }
      return !state.hasBegun
    }
    if fails { taken.wake() }
    return fails
  }

  private func leave(_ content: Content) {
    state.withLock { state in
      if case .failure = state.content { return }
      state.content = content
    }
    arrived.wake()
  }

  /// The next batch; `nil` after the last.
  ///
  /// - Throws: What the worker failed with; ``ReplicationError/cancelled`` if this task was, and
  ///   then nothing is lost.
  func next() async throws(ReplicationError) -> SnapshotBatch? {
    while true {
      let content = state.withLock { state in
        state.hasBegun = true
        if case .batch(let batch) = state.content {
          state.content = .nothing
          return Content.batch(batch)
        }
        return state.content
      }
      switch content {
      case .batch(let batch):
        taken.wake()
        return batch
      case .end: return nil
      case .failure(let error): throw error
      case .nothing:
        guard !Task.isCancelled else { throw .cancelled }
        await arrived.wait()
      }
    }
  }
}
