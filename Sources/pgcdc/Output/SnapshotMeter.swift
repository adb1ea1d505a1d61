internal import ReplicationCore

/// Shows on a terminal how far a snapshot has got: one line, written over and over.
///
///     snapshot [############------------]  50 %  500,000 rows  64 MB  1 of 3 tables
struct SnapshotMeter {
  /// Rows that scroll by on the same terminal are enough to see.
  private let isOn = Console.isErrorTerminal && !Console.isTerminal
  private var shown: ContinuousClock.Instant?
  private static let width = 24

  /// Shows it, ten times a second at most.
  mutating func show(_ progress: SnapshotProgress) {
    let now = ContinuousClock.now
    guard isOn, shown.map({ now - $0 >= .milliseconds(100) }) ?? true else { return }
    shown = now
    Console.putError("\r\u{1B}[K\(Self.line(progress))")
  }

  /// Leaves the last figures where they are.
  func end(_ progress: SnapshotProgress) {
    if isOn { Console.putError("\r\u{1B}[K\(Self.line(progress))\n") }
  }

  /// Takes the line away.
  func clear() {
    if shown != nil { Console.putError("\r\u{1B}[K") }
  }

  static func line(_ progress: SnapshotProgress) -> String {
    var parts: [String] = []
    if let share = share(progress) {
      let done = Int(share * Double(width))
      let bar = String(repeating: "#", count: done) + String(repeating: "-", count: width - done)
      let percent = String(Int(share * 100))
      parts.append("[\(bar)] " + String(repeating: " ", count: 3 - percent.count) + "\(percent) %")
    }
    parts.append("\(grouped(progress.rows)) rows")
    parts.append("\(progress.bytes / 1_000_000) MB")
    parts.append("\(progress.tablesDone) of \(progress.tables) tables")
    return "snapshot " + parts.joined(separator: "  ")
  }

  /// How much is done, if it can be told: the estimate may be too low.
  private static func share(_ progress: SnapshotProgress) -> Double? {
    if progress.tablesDone == progress.tables { return 1 }
    guard let estimate = progress.estimatedRows, estimate > 0 else { return nil }
    return min(Double(progress.rows) / Double(estimate), 0.99)
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
