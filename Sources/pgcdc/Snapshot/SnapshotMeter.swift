internal import ReplicationCore

/// Shows how far a snapshot is.
///
///     snapshot [######------]  50 %  500,000 rows  64 MB  1 of 3 tables  9,000 rows/s  55 s left
struct SnapshotMeter {
  private var status: StatusLine
  private var rows = GrowthRate()
  private static let width = 24

  init(_ status: StatusLine = StatusLine()) {
    self.status = status
  }

  /// Shows it, if it is time to.
  mutating func show(_ figures: SnapshotFigures, now: ContinuousClock.Instant = .now) {
    rows.note(figures.rows, at: now)
    guard status.isDue(since: rows.start ?? now, now: now) else { return }
    status.show(line(figures, rows.perSecond), now: now)
  }

  /// Leaves the last figures where they are, if any were shown.
  mutating func end(_ figures: SnapshotFigures) {
    status.end(line(figures, nil))
    rows = GrowthRate()
  }

  /// Takes the line away.
  mutating func clear() {
    status.clear()
    rows = GrowthRate()
  }

  private func line(_ figures: SnapshotFigures, _ rate: Double?) -> ScreenText {
    Self.line(figures, rate, hasBar: status.place == .terminal)
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
    parts.append("\(figures.rows.grouped) rows")
    parts.append("\(figures.bytes / 1_000_000) MB")
    parts.append("\(figures.tablesDone) of \(figures.tables) tables")
    if let rate {
      parts.append("\(Int64(clamping: Int(rate)).grouped) rows/s")
      if let left = figures.timeLeft(rowsPerSecond: rate) {
        parts.append("\(Amounts.time(left)) left")
      }
    }
    return "snapshot \(parts.joined(separator: "  "))"
  }
}
