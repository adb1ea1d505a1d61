public import ChangeSinks
internal import Synchronization

/// Changes as a ``PostgresSink`` writes them: what to do, and the values as text.
public final class PostgresBatch: SinkBatch {
  private let content = Mutex(BatchContent())

  init() {}

  /// The bytes of all values, and of what is known of them.
  public var byteCount: Int { content.withLock { $0.byteCount } }

  public var isEmpty: Bool { content.withLock { $0.operations.isEmpty } }

  public func removeAll() {
    content.withLock { $0.removeAll() }
  }

  /// What is in it now.
  var current: BatchContent { content.withLock { $0 } }

  /// Passes the content to `body`, which may append to it.
  func update<R: Sendable, Failure: Error>(
    _ body: (inout BatchContent) throws(Failure) -> R
  ) throws(Failure) -> R {
    try content.withLock { (content) throws(Failure) -> R in try body(&content) }
  }
}
