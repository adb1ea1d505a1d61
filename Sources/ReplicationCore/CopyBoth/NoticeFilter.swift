internal import PGWire

/// Which of the server's notices are logged: one that repeats is logged once, and then counted.
///
/// A server that waits for a standby's slot sends a notice for every report that it gets.
struct NoticeFilter: Sendable {
  private struct Kind: Hashable {
    let code: SQLState
    let routine: String?
    let message: String
  }

  private struct Seen {
    var logged: MonotonicTime
    var repeated = 0
  }

  /// How long the same notice is only counted.
  static let pause = Duration.seconds(60)
  /// How many kinds are remembered; then all are forgotten.
  private static let limit = 64

  private var seen: [Kind: Seen] = [:]

  /// Takes in a notice.
  ///
  /// - Returns: How often it was suppressed since it was last logged; `nil` if it must not be
  ///   logged now.
  mutating func repetitions(of notice: ServerError, at now: MonotonicTime) -> Int? {
    let kind = Kind(code: notice.sqlState, routine: notice.routine, message: notice.message)
    guard var known = seen[kind] else {
      if seen.count >= Self.limit { seen = [:] }
      seen[kind] = Seen(logged: now)
      return 0
    }
    guard now >= known.logged + Self.pause else {
      known.repeated += 1
      seen[kind] = known
      return nil
    }
    seen[kind] = Seen(logged: now)
    return known.repeated
  }
}
