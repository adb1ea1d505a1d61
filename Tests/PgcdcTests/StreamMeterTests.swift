import PGWire
import ReplicationCore
import Synchronization
import Testing

@testable import pgcdc

/// How a stream is doing, for people.
@Suite struct StreamMeterTests {
  private final class Screen: Sendable {
    private let texts = Mutex<[String]>([])
    func put(_ text: ScreenText) { texts.withLock { $0.append(text.text) } }
    var shown: [String] { texts.withLock { $0 } }
  }

  private func figures(_ messages: Int = 0) -> StreamFigures {
    var figures = StreamFigures()
    figures.counts = (messages, messages * 100)
    figures.position = LSN(rawValue: 0x1_0000_0200)
    figures.lagBytes = 12 << 20
    figures.lagTime = .seconds(4)
    figures.bottleneck = .delivered
    return figures
  }

  @Test func `a terminal has one line, and no more of it than fits`() {
    for width in [nil, 40, 1, 0] as [Int?] {
      let screen = Screen()
      let start = ContinuousClock.now
      var meter = StreamMeter(StatusLine(.terminal, width: width, put: screen.put), start: start)
      for second in 0...4 {
        meter.show(figures(second * 12_345), now: start + .seconds(second))
      }
      meter.clear()
      let line =
        "stream 12,345 messages/s  1.2 MiB/s  lag 12.0 MiB, 4 s (delivered)  at 1/200"
      #expect(screen.shown.count == 6)
      #expect(screen.shown[4] == "\r\u{1B}[K" + String(line.prefix(max((width ?? 1000) - 1, 0))))
      #expect(screen.shown[5] == "\r\u{1B}[K")
    }
  }

  @Test func `a file has a line every ten seconds`() {
    let screen = Screen()
    let start = ContinuousClock.now
    var meter = StreamMeter(StatusLine(.file, put: screen.put), start: start)
    for second in 0...25 { meter.show(figures(second * 10), now: start + .seconds(second)) }
    meter.clear()
    #expect(screen.shown.count == 2)
    #expect(
      screen.shown.allSatisfy {
        $0.hasPrefix("pgcdc: stream 10 messages/s  1000 bytes/s  lag ") && $0.hasSuffix("\n")
      }, "\(screen.shown)")
  }

  @Test func `the slot comes last, and a lost slot is called lost`() {
    var figures = figures()
    figures.retainedBytes = 3 << 30
    figures.expectedLoss = .seconds(7200)
    let head = "stream lag 12.0 MiB, 4 s (delivered)  at 1/200  slot keeps 3.0 GiB"
    #expect(figures.line((nil, nil)).text == head + "  lost in 2.0 h")
    figures.expectedLoss = .zero
    #expect(figures.line((nil, nil)).text == head + "  lost at the next checkpoint")
    figures.isLost = true
    #expect(figures.line((nil, nil)).text == head + "  the slot is lost")
    figures.snapshot = SnapshotFigures(
      rows: 1_234_567, bytes: 0, tables: 5, tablesDone: 3, estimatedRows: nil)
    #expect(
      figures.line((nil, nil)).text
        == head + "  the slot is lost  snapshot 3 of 5 tables, 1,234,567 rows")
  }

  @Test func `without a stream there is no rate, and without a lag no time`() {
    var figures = StreamFigures()
    figures.lagTime = .zero
    #expect(figures.line((5, 5)).text == "stream not connected  lag 0 bytes")
    figures.counts = (0, 0)
    #expect(figures.line((0, 0)).text == "stream 0 messages/s  0 bytes/s  lag 0 bytes")
  }

  @Test func `a rate is that of the last seconds, and begins anew with a new stream`() {
    var rate = GrowthRate()
    let start = ContinuousClock.now
    rate.note(1_000_000, at: start)
    #expect(rate.perSecond == nil)
    for second in 1...30 {
      rate.note(1_000_000 + Int64(second * (second > 15 ? 10 : 1)), at: start + .seconds(second))
    }
    #expect(rate.perSecond == 10)
    rate.note(5, at: start + .seconds(31))
    #expect(rate.perSecond == nil)
    rate.note(25, at: start + .seconds(33))
    #expect(rate.perSecond == 10)
    rate.note(.max, at: start + .seconds(34))
    #expect(rate.perSecond.map { $0 > 0 && $0.isFinite } == true)
  }

  @Test func `numbers are read in groups of three digits`() {
    for (number, text) in [
      (0, "0"), (999, "999"), (1000, "1,000"), (-1000, "-1,000"), (-100, "-100"),
      (.max, "9,223,372,036,854,775,807"),
    ] as [(Int64, String)] {
      #expect(number.grouped == text)
    }
  }

  @Test func `a line that was not ended is erased before the next text`() {
    var line = OpenLine()
    func expect(_ text: String, isWritten written: String, isOpen: Bool) {
      let found = line.writing(text)
      #expect(found == written)
      #expect(line.isOpen == isOpen)
    }
    let erasure = "\r\u{1B}[K"
    expect("one\n", isWritten: "one\n", isOpen: false)
    expect(erasure + "at work", isWritten: erasure + "at work", isOpen: true)
    // In its own place there is no need to.
    expect(erasure + "still at work", isWritten: erasure + "still at work", isOpen: true)
    expect("", isWritten: "", isOpen: true)
    expect("an error\n", isWritten: erasure + "an error\n", isOpen: false)
    expect("another\n", isWritten: "another\n", isOpen: false)
    expect("at work", isWritten: "at work", isOpen: true)
    expect(erasure, isWritten: erasure, isOpen: false)
    expect("at work", isWritten: "at work", isOpen: true)
    let erasing = line.erasing()
    #expect(erasing == erasure)
    #expect(!line.isOpen)
  }
}
