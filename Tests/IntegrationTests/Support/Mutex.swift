import PGWire

/// The standard library's type of this name, made of the lock that PGWire has.
///
/// On Linux the thread sanitizer does not understand the standard library's own, and would report
/// everything that it guards as a race. In this module this one is meant, whatever a file imports.
struct Mutex<Value: ~Copyable>: ~Copyable, Sendable {
  private let lock: Lock<Value>

  /// Guards a value.
  init(_ value: consuming sending Value) {
    lock = Lock(value)
  }

  /// Waits until no other thread has the value, then passes it to `body`.
  borrowing func withLock<R: ~Copyable, E: Error>(
    _ body: (inout Value) throws(E) -> R
  ) throws(E) -> R {
    try lock.withLock(body)
  }
}
