internal import Synchronization

/// A value for one user at a time, who claims it first.
///
/// Nobody waits: a second claim is refused. The value has memory of its own, since for a property
/// of a class the compiler would check at run time, at each access, what the claim has settled.
@safe final class ExclusiveCell<Value: Sendable>: @unchecked Sendable {
  private let isClaimed = Atomic<Bool>(false)
  private let value: UnsafeMutablePointer<Value>

  init(_ value: Value) {
    unsafe self.value = .allocate(capacity: 1)
    unsafe self.value.initialize(to: value)
  }

  deinit {
    unsafe value.deinitialize(count: 1)
    unsafe value.deallocate()
  }

  /// Lends the value out.
  ///
  /// Only for whoever has claimed the cell.
  @inline(__always)
  func withValue<R, E>(_ body: (inout Value) throws(E) -> R) throws(E) -> R {
    unsafe try body(&value.pointee)
  }

  func claim() -> Bool {
    !isClaimed.exchange(true, ordering: .acquiring)
  }

  func release() {
    isClaimed.store(false, ordering: .releasing)
  }
}
