internal import CDCTime
internal import ReplicationCore

/// Shows how far a snapshot is: on a terminal one line, written over and over; elsewhere a line
/// from time to time.
///
///     snapshot [######------]  50 %  500,000 rows  64 MB  1 of 3 tables  9,000 rows/s  55 s left
struct SnapshotMeter {
  /// Where standard error goes.
  enum Place {
    case terminal
    case file
    /// Rows that scroll by on the same terminal are enough to see.
    case besideRows

    static var current: Place {
      guard Console.isErrorTerminal else { return .file }
      return Console.isTerminal ? .besideRows : .terminal
    }
  }

  private let place: Place
  private let put: @Sendable (ScreenText) -> Void
  private var shown: ContinuousClock.Instant?
  /// What was read when, for the last seconds.
  private var samples: [(time: ContinuousClock.Instant, rows: Int64)] = []
  private static let width = 24
  /// The period that the rate is calculated from.
  private static let window = Duration.seconds(10)

  /// - Parameter put: Writes to standard error.
  init(
    _ place: Place = .current,
    put: @escaping @Sendable (ScreenText) -> Void = { Console.putError($0) }
  ) {
    self.place = place
    self.put = put
  }

  /// Shows it: on a terminal ten times a second at most, in a file every ten seconds.
  mutating func show(_ figures: SnapshotFigures, now: ContinuousClock.Instant = .now) {
    note(figures.rows, now)
    switch place {
    case .terminal:
      guard shown.map({ now - $0 >= .milliseconds(100) }) ?? true else { return }
      put("\r\u{1B}[K\(Self.line(figures, rate, hasBar: true))")
    case .file:
      // A short one needs no line.
      guard now - (shown ?? samples[0].time) >= .seconds(10) else { return }
      put("pgcdc: \(Self.line(figures, rate, hasBar: false))\n")
    case .besideRows: return
    }
    shown = now
  }

  /// Leaves the last figures where they are, if any were shown.
  mutating func end(_ figures: SnapshotFigures) {
    defer { (shown, samples) = (nil, []) }
    guard shown != nil else { return }
    switch place {
    case .terminal: put("\r\u{1B}[K\(Self.line(figures, nil, hasBar: true))\n")
    case .file: put("pgcdc: \(Self.line(figures, nil, hasBar: false))\n")
    case .besideRows: return
    }
  }

  /// Takes the line away.
  mutating func clear() {
    if shown != nil, place == .terminal { put("\r\u{1B}[K") }
    (shown, samples) = (nil, [])
  }

  private mutating func note(_ rows: Int64, _ now: ContinuousClock.Instant) {
    guard samples.last.map({ now - $0.time >= .milliseconds(500) }) ?? true else { return }
    samples.append((now, rows))
    // What is left goes back beyond the window, or is all that there is.
    while samples.count > 2, now - samples[1].time >= Self.window { samples.removeFirst() }
  }

  /// Rows a second, once it can be said.
  private var rate: Double? {
    guard let first = samples.first, let last = samples.last, last.time - first.time >= .seconds(1)
    else { return nil }
    let rows = last.rows.subtractingSaturating(first.rows)
    return Double(max(rows, 0)) / ((last.time - first.time) / .seconds(1))
  }

  static func line(_ figures: SnapshotFigures, _ rate: Double?, hasBar: Bool) -> ScreenText {
    var parts: [String] = []
    if let share = figures.share {
      let percent = String(Int(share * 100)) + " %"
      if hasBar {
        let done = Int(share * Double(width))
        let bar = String(repeating: "#", count: done) + String(repeating: "-", count: width - done)
        parts.append("[\(bar)] " + String(repeating: " ", count: 5 - percent.count) + percent)
      } else {
        parts.append(percent)
      }
    }
    parts.append("\(grouped(figures.rows)) rows")
    parts.append("\(figures.bytes / 1_000_000) MB")
    parts.append("\(figures.tablesDone) of \(figures.tables) tables")
    if let rate {
      parts.append("\(grouped(Int64(clamping: Int(rate)))) rows/s")
      if let left = figures.timeLeft(rowsPerSecond: rate) {
        parts.append("\(Amounts.time(left)) left")
      }
    }
    return "snapshot \(parts.joined(separator: "  "))"
  }

  private static func grouped(_ number: Int64) -> String {
    var text = ""
    for (index, digit) in String(number).reversed().enumerated() {
      if index > 0, index.isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return String(text.reversed())
  }
}
