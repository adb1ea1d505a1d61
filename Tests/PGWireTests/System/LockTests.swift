import PGWire
import Testing

/// One thread at a time has the value.
@Suite struct LockTests {
  private final class Counter: Sendable {
    let value = Lock(0)
  }

  @Test func `threads that count at once lose nothing`() async {
    let counter = Counter()
    let (tasks, steps) = (4, 50_000)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<tasks {
        group.addTask {
          for _ in 0..<steps { counter.value.withLock { $0 += 1 } }
        }
      }
    }
    let sum = counter.value.withLock { $0 }
    #expect(sum == tasks * steps)
  }

  @Test func `a value that somebody has is not available`() {
    let counter = Counter()
    let taken = counter.value.withLock { _ in counter.value.withLockIfAvailable { $0 } }
    #expect(taken == nil)
    let free = counter.value.withLockIfAvailable { $0 }
    #expect(free == 0)
  }
}
