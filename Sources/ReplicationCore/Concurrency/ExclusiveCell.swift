public import Synchronization

/// A value for one user at a time, which must claim it first.
///
/// A second claim is refused and does not wait. The value has memory of its own: for a property of
/// a class the compiler would add a run-time check to each access, which the claim makes
/// unnecessary.
@usableFromInline @safe final class ExclusiveCell<Value: ~Copyable>: @unchecked Sendable {
  @usableFromInline let isClaimed = Atomic<Bool>(false)
  @usableFromInline let value: UnsafeMutablePointer<Value>

  init(_ value: consuming sending Value) {
    unsafe self.value = .allocate(capacity: 1)
    unsafe self.value.initialize(to: value)
  }

  deinit {
    unsafe value.deinitialize(count: 1)
    unsafe value.deallocate()
  }

  /// Borrows the value, unless another user has it.
  ///
  /// - Throws: ``ReplicationError/concurrentReceive``, or what `body` throws.
  @inline(__always)
  func use<R>(
    _ body: (inout Value) throws(ReplicationError) -> R
  ) throws(ReplicationError) -> R {
    try claim()
    defer { release() }
    return unsafe try body(&value.pointee)
  }

  /// Borrows the value if no other user has it.
  ///
  /// - Returns: What `body` returns; `nil` if another user has the value.
  @inlinable @inline(__always)
  func useIfFree<R, E>(_ body: (inout Value) throws(E) -> R) throws(E) -> R? {
    guard !isClaimed.exchange(true, ordering: .acquiring) else { return nil }
    defer { release() }
    return unsafe try body(&value.pointee)
  }

  /// Borrows the value for as long as `body` takes, waits included.
  ///
  /// - Throws: ``ReplicationError/concurrentReceive``, or what `body` throws.
  func use<R>(
    _ body: (inout Value) async throws(ReplicationError) -> R
  ) async throws(ReplicationError) -> R {
    try claim()
    defer { release() }
    return unsafe try await body(&value.pointee)
  }

  /// As the waiting ``use(_:)``, for a body that throws anything.
  func useThrowing<R>(_ body: (inout Value) async throws -> R) async throws -> R {
    try claim()
    defer { release() }
    return unsafe try await body(&value.pointee)
  }

  private func claim() throws(ReplicationError) {
    guard !isClaimed.exchange(true, ordering: .acquiring) else { throw .concurrentReceive }
  }

  @inlinable func release() {
    isClaimed.store(false, ordering: .releasing)
  }
}
