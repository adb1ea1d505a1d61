internal import PGWire

/// How many connections read ranges at the same time, and how many may.
final class WorkerSlots: Sendable {
  private let limit: Int
  private let taken = Lock(0)

  init(limit: Int) {
    self.limit = limit
  }

  /// Whether another may begin.
  var hasFree: Bool { taken.withLock { $0 < limit } }

  /// A range is read.
  func take() {
    taken.withLock { $0 += 1 }
  }

  /// Takes all that are free.
  ///
  /// - Returns: Their number.
  func takeFree() -> Int {
    taken.withLock { taken in
      let free = max(limit - taken, 0)
      taken += free
      return free
    }
  }

  func giveBack(_ count: Int) {
    taken.withLock { $0 -= count }
  }
}
