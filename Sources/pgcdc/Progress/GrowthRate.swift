internal import CDCTime

/// How fast a number grows, over the last ten seconds.
struct GrowthRate {
  /// The period that it is calculated from.
  private static let period = Duration.seconds(10)

  private var samples: [(time: ContinuousClock.Instant, count: Int64)] = []

  /// When the oldest number was noted that counts.
  var start: ContinuousClock.Instant? { samples.first?.time }

  /// Notes the number; if it is smaller than the last, the measurement starts again.
  mutating func note(_ count: Int64, at now: ContinuousClock.Instant) {
    if let last = samples.last {
      if count < last.count { samples = [] } else if now - last.time < .milliseconds(500) { return }
    }
    samples.append((now, count))
    // The samples that are kept go back beyond the period, unless there are no older ones.
    while samples.count > 2, now - samples[1].time >= Self.period { samples.removeFirst() }
  }

  /// The growth in a second, once it can be said.
  var perSecond: Double? {
    guard let first = samples.first, let last = samples.last, last.time - first.time >= .seconds(1)
    else { return nil }
    let growth = last.count.subtractingSaturating(first.count)
    return Double(max(growth, 0)) / ((last.time - first.time) / .seconds(1))
  }
}

extension Int64 {
  /// Its digits in groups of three.
  var grouped: String {
    var text = ""
    for (index, digit) in String(self).reversed().enumerated() {
      if index > 0, index.isMultiple(of: 3), digit != "-" { text.append(",") }
      text.append(digit)
    }
    return String(text.reversed())
  }
}
