import Synchronization
import Testing

@testable import pgcdc

/// How far a snapshot is, for people.
@Suite struct SnapshotMeterTests {
  private final class Screen: Sendable {
    private let texts = Mutex<[String]>([])
    func put(_ text: ScreenText) { texts.withLock { $0.append(text.text) } }
    var shown: [String] { texts.withLock { $0 } }
  }

  private func figures(_ rows: Int64, done: Int = 0) -> SnapshotFigures {
    SnapshotFigures(
      rows: rows, bytes: rows * 100, tables: 3, tablesDone: done, estimatedRows: 1_000_000)
  }

  @Test func `a terminal has a bar, with the rate and what is left`() {
    let screen = Screen()
    var meter = SnapshotMeter(StatusLine(.terminal, put: screen.put))
    let start = ContinuousClock.now
    for second in 0...4 {
      meter.show(figures(Int64(second) * 125_000), now: start + .seconds(second))
    }
    // Too soon after the last one.
    meter.show(figures(500_001), now: start + .seconds(4) + .milliseconds(50))
    meter.end(figures(1_000_000, done: 3))
    #expect(screen.shown.count == 6)
    #expect(
      screen.shown[4]
        == "\r\u{1B}[Ksnapshot [############------------]  50 %  500,000 rows  50 MB  "
        + "0 of 3 tables  125,000 rows/s  4 s left")
    #expect(
      screen.shown[5]
        == "\r\u{1B}[Ksnapshot [########################] 100 %  1,000,000 rows  100 MB  "
        + "3 of 3 tables\n")
  }

  @Test func `a file has a line every ten seconds, and none if it was short`() {
    let screen = Screen()
    var meter = SnapshotMeter(StatusLine(.file, put: screen.put))
    let start = ContinuousClock.now
    for second in 0...25 {
      meter.show(figures(Int64(second) * 1000), now: start + .seconds(second))
    }
    #expect(screen.shown.count == 2)
    #expect(
      screen.shown[0]
        == "pgcdc: snapshot 1 %  10,000 rows  1 MB  0 of 3 tables  1,000 rows/s  16 min left\n")
    meter.end(figures(26_000, done: 3))
    #expect(screen.shown.count == 3 && screen.shown[2].hasPrefix("pgcdc: snapshot 100 %"))
    meter.show(figures(0), now: start + .seconds(30))
    meter.end(figures(5, done: 3))
    #expect(screen.shown.count == 3)
  }

  @Test func `beside rows on the same terminal there is nothing`() {
    let screen = Screen()
    var meter = SnapshotMeter(StatusLine(.besideRows, put: screen.put))
    meter.show(figures(1))
    meter.end(figures(1))
    meter.clear()
    #expect(screen.shown.isEmpty)
  }

  @Test func `without an estimate there is no share`() {
    let figures = SnapshotFigures(
      rows: 1234, bytes: 0, tables: 2, tablesDone: 1, estimatedRows: nil)
    #expect(
      SnapshotMeter.line(figures, 5, hasBar: true).text
        == "snapshot 1,234 rows  0 MB  1 of 2 tables  5 rows/s")
  }
}
