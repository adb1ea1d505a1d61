internal import Synchronization

/// A value for one user at a time, who claims it first.
///
/// Nobody waits: a second claim is refused.
@safe final class ExclusiveCell<Value: Sendable>: Sendable {
  private let isClaimed = Atomic<Bool>(false)
  private nonisolated(unsafe) var value: Value

  init(_ value: Value) {
    unsafe self.value = value
  }

  /// Lends the value out.
  ///
  /// Only for whoever has claimed the cell.
  func withValue<R, E>(_ body: (inout Value) throws(E) -> R) throws(E) -> R {
    try unsafe body(&value)
  }

  func claim() -> Bool {
    !isClaimed.exchange(true, ordering: .acquiring)
  }

  func release() {
    isClaimed.store(false, ordering: .releasing)
  }
}
