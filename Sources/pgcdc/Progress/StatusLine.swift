/// One line about how far something is: on a terminal it is written over and over; elsewhere there
/// is a line from time to time.
struct StatusLine {
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

  let place: Place
  private let width: @Sendable () -> Int?
  private let put: @Sendable (ScreenText) -> Void
  private var shown: ContinuousClock.Instant?
  private static let erasure = ScreenText(stringLiteral: OpenLine.erasure)

  /// - Parameter isAskedFor: Whether there is a line from time to time even between rows.
  init(isAskedFor: Bool = false) {
    let current = Place.current
    place = isAskedFor && current == .besideRows ? .file : current
    width = { Console.errorWidth }
    put = { Console.putError($0) }
  }

  /// - Parameters:
  ///   - width: The terminal's, if lines are to be cut.
  ///   - put: Writes to standard error.
  init(_ place: Place, width: Int? = nil, put: @escaping @Sendable (ScreenText) -> Void) {
    self.place = place
    self.width = { width }
    self.put = put
  }

  /// Whether it is time to show the line: on a terminal ten times a second at most, in a file every
  /// ten seconds.
  ///
  /// - Parameter start: When the work began; short work needs no line in a file.
  func isDue(since start: ContinuousClock.Instant, now: ContinuousClock.Instant) -> Bool {
    switch place {
    case .terminal: shown.map { now - $0 >= .milliseconds(100) } ?? true
    case .file: now - (shown ?? start) >= .seconds(10)
    case .besideRows: false
    }
  }

  /// Shows a line in the place of the last one.
  mutating func show(_ line: ScreenText, now: ContinuousClock.Instant) {
    switch place {
    case .terminal: put("\(Self.erasure)\(cut(line))")
    case .file: put("pgcdc: \(line)\n")
    case .besideRows: return
    }
    shown = now
  }

  /// Leaves a last line where it is, if any were shown.
  mutating func end(_ line: ScreenText) {
    guard shown != nil else { return }
    shown = nil
    switch place {
    case .terminal: put("\(Self.erasure)\(cut(line))\n")
    case .file: put("pgcdc: \(line)\n")
    case .besideRows: return
    }
  }

  /// Takes the line away.
  mutating func clear() {
    if shown != nil, place == .terminal { put(Self.erasure) }
    shown = nil
  }

  /// The line, cut where it would continue in the next row of the terminal.
  private func cut(_ line: ScreenText) -> ScreenText {
    width().map { line.prefix($0 - 1) } ?? line
  }
}
