/// The elements that a stream or a subscription delivers, in order.
///
/// For one consumer: two tasks that wait at the same time get
/// ``ReplicationError/concurrentReceive``. A second iterator continues where the first one has
/// stopped.
public struct DeliverySequence<Element: Sendable>: AsyncSequence, Sendable {
  public typealias Failure = ReplicationError

  private let ready: @Sendable () throws(ReplicationError) -> Element?
  private let next: @Sendable () async throws(ReplicationError) -> Element?

  /// - Parameters:
  ///   - ready: Returns the next element without a wait; `nil` if it is not available yet.
  ///   - next: Waits for the next element; `nil` after the last.
  init(
    ready: @escaping @Sendable () throws(ReplicationError) -> Element?,
    next: @escaping @Sendable () async throws(ReplicationError) -> Element?
  ) {
    self.ready = ready
    self.next = next
  }

  /// Takes the elements, one at a time.
  public struct AsyncIterator: AsyncIteratorProtocol {
    @usableFromInline let ready: @Sendable () throws(ReplicationError) -> Element?
    @usableFromInline let waitForNext: @Sendable () async throws(ReplicationError) -> Element?

    /// The next element.
    ///
    /// - Returns: `nil` after the last one.
    /// - Throws: ``ReplicationError``. After ``ReplicationError/cancelled`` nothing is lost.
    @inlinable
    public func next() async throws(ReplicationError) -> Element? {
      if let element = try ready() { return element }
      return try await waitForNext()
    }

    /// The next element, if nothing has to be waited for; `nil` if that is not so.
    package func nextIfReady() throws(ReplicationError) -> Element? { try ready() }

    /// As ``next()``.
    ///
    /// An element that is available already costs no actor hop.
    @inlinable
    public func next(
      isolation actor: isolated (any Actor)?
    ) async throws(ReplicationError) -> Element? {
      if let element = try ready() { return element }
      return try await waitForNext()
    }
  }

  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(ready: ready, waitForNext: next)
  }
}
