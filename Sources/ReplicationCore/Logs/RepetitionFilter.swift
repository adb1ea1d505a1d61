internal import PGWire

/// Which messages are logged: a condition that repeats is logged once, and then counted.
///
/// It is logged again, with the count, once a minute at most. A server that waits for a standby's
/// slot, for example, sends a notice for every report that it gets.
struct RepetitionFilter<Condition: Hashable & Sendable>: Sendable {
  private struct Seen {
    /// When it was logged for the first time in this minute.
    var since: MonotonicTime
    var logged = 1
    var suppressed = 0
  }

  /// How long the same condition is only counted.
  static var pause: Duration { .seconds(60) }
  /// The number of conditions that are distinguished; any others count as one.
  static var limit: Int { 64 }

  private var seen: [Condition: Seen] = [:]
  private var others: Seen?

  /// Takes in a condition.
  ///
  /// - Parameter burst: How often it is logged within a minute before it is only counted.
  /// - Returns: How often it was suppressed since it was last logged; `nil` if it must not be
  ///   logged now.
  mutating func repetitions(
    of condition: Condition, burst: Int = 1, at now: MonotonicTime
  ) -> Int? {
    if seen[condition] == nil, seen.count >= Self.limit {
      seen = seen.filter { now < $0.value.since + Self.pause }
    }
    if seen[condition] == nil, seen.count >= Self.limit {
      return Self.count(&others, burst: burst, at: now)
    }
    return Self.count(&seen[condition], burst: burst, at: now)
  }

  private static func count(_ seen: inout Seen?, burst: Int, at now: MonotonicTime) -> Int? {
    guard var known = seen, now < known.since + pause else {
      let suppressed = seen?.suppressed ?? 0
      seen = Seen(since: now)
      return suppressed
    }
    defer { seen = known }
    if known.logged < burst {
      known.logged += 1
      return 0
    }
    known.suppressed += 1
    return nil
  }
}
