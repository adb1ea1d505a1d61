import Foundation
import Synchronization

/// Time in which the tests' threads were free to work.
///
/// Tests share a few threads with each other, and the machine with other programs. A limit in seconds
/// would measure these. This clock counts the turns of a task that sleeps again and again: where the
/// threads are busy with other tests it waits as the test itself does, and the clock stands still.
///
/// In a build that is slower by itself, as with a sanitizer, `PGREPL_TEST_SLOWNESS` says how many times;
/// the clock then runs that much slower.
public enum PoolClock {
  private static let turn = Duration.milliseconds(10)
  private static let turns = Atomic<Int>(0)
  private static let slowness = max(
    1, ProcessInfo.processInfo.environment["PGREPL_TEST_SLOWNESS"].flatMap { Int($0) } ?? 1)
  private static let ticker = Task.detached {
    while !Task.isCancelled {
      try? await Task.sleep(for: turn)
      turns.add(1, ordering: .relaxed)
    }
  }

  /// What has passed since an unspecified moment; never more than a real clock would show.
  public static var now: Duration {
    _ = ticker
    return turn * turns.load(ordering: .relaxed) / slowness
  }
}
