internal import PGOutput

/// Shows a stream to a person; in colour only on a terminal.
struct DemoScreen {
  private var shown = 0
  private var changes = 0

  /// Rows of one transaction that are shown; the others are counted.
  private static let shownRows = 6

  func title(_ text: ScreenText) {
    Console.print(paint(text, "1"))
  }

  func note(_ text: ScreenText) {
    Console.print(text)
  }

  mutating func begin(_ begin: Begin) {
    shown = 0
    changes = 0
    Console.print(paint("BEGIN     xid \(begin.xid)", "2"))
  }

  mutating func change(_ change: DemoChange) {
    changes += 1
    guard shown < Self.shownRows else { return }
    shown += 1
    let name = change.kind.rawValue
    let padded = ("\(name)" as ScreenText).padded(to: 9)
    let color: StaticString =
      switch change.kind {
      case .insert: "32"
      case .update: "33"
      case .delete: "31"
      case .truncate: "35"
      }
    Console.print("  \(paint(padded, color)) \(change.text)")
  }

  mutating func commit(_ commit: Commit) {
    if changes > shown { Console.print("  … and \(changes - shown) more") }
    let count = changes == 1 ? "1 change" : "\(changes) changes"
    Console.print(paint("COMMIT    \(commit.endLSN)  \(count)", "2"))
  }

  /// The table of what was done and what arrived.
  func summary(done: DemoCounts, received: DemoCounts, rows: (server: Int, replica: Int)) {
    let lines = [
      ("inserts", done.inserts, received.inserts), ("updates", done.updates, received.updates),
      ("deletes", done.deletes, received.deletes),
      ("truncates", done.truncates, received.truncates),
      ("rows in the table", rows.server, rows.replica),
    ]
    title("\n\(cell("", 20))\(cell("server", 10, right: true))\(cell("stream", 10, right: true))")
    for (name, server, stream) in lines {
      let mark = server == stream ? paint("  =", "32") : paint("  differs", "31")
      Console.print(
        cell("\(name)", 20) + cell("\(server)", 10, right: true)
          + cell("\(stream)", 10, right: true) + mark)
    }
  }

  private func cell(_ text: ScreenText, _ width: Int, right: Bool = false) -> ScreenText {
    text.padded(to: width, right: right)
  }

  private func paint(_ text: ScreenText, _ code: StaticString) -> ScreenText {
    Paint.apply(text, code)
  }
}
