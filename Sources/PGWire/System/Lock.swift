internal import CReplicationSystem

/// A value that one thread at a time may use.
///
/// It does what the standard library's `Mutex` does, with a POSIX mutex: on Linux the thread
/// sanitizer does not understand the library's own, and would report everything that it guards as a
/// race.
@safe package struct Lock<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
  @usableFromInline let handle: MutexHandle
  @usableFromInline let value: UnsafeMutablePointer<Value>

  /// Guards a value.
  @inlinable package init(_ value: consuming sending Value) {
    handle = MutexHandle()
    unsafe self.value = .allocate(capacity: 1)
    unsafe self.value.initialize(to: value)
  }

  @inlinable deinit {
    unsafe value.deinitialize(count: 1)
    unsafe value.deallocate()
    handle.destroy()
  }

  /// Waits until no other thread has the value, then passes it to `body`.
  @inlinable package borrowing func withLock<R: ~Copyable, E: Error>(
    _ body: (inout Value) throws(E) -> R
  ) throws(E) -> R {
    handle.lock()
    defer { handle.unlock() }
    return unsafe try body(&value.pointee)
  }

  /// Passes the value to `body`, or returns `nil` if another thread has it.
  @inlinable package borrowing func withLockIfAvailable<R: ~Copyable, E: Error>(
    _ body: (inout Value) throws(E) -> R
  ) throws(E) -> R? {
    guard handle.tryLock() else { return nil }
    defer { handle.unlock() }
    return unsafe try body(&value.pointee)
  }
}

/// A POSIX mutex, which must not be moved in memory.
@safe @usableFromInline struct MutexHandle: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>

  @usableFromInline init() {
    unsafe mutex = .allocate(capacity: 1)
    unsafe mutex.initialize(to: pthread_mutex_t())
    unsafe pthread_mutex_init(mutex, nil)
  }

  @usableFromInline func lock() {
    unsafe pthread_mutex_lock(mutex)
  }

  @usableFromInline func tryLock() -> Bool {
    unsafe pthread_mutex_trylock(mutex) == 0
  }

  @usableFromInline func unlock() {
    unsafe pthread_mutex_unlock(mutex)
  }

  @usableFromInline func destroy() {
    unsafe pthread_mutex_destroy(mutex)
    unsafe mutex.deallocate()
  }
}
