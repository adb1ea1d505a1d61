import PGWire
import ReplicationCore
import Testing

@testable import pgcdc

/// What is written for people: names from elsewhere steer no terminal and forge no line.
@Suite struct ScreenTextTests {
  private static let evil = "a\u{1B}]0;x\u{7}\nforged\u{202E}\u{9B}2J"
  private static let shown = "a\\u{1b}]0;x\\u{7}\\nforged\\u{202e}\\u{9b}2J"

  @Test func `what is interpolated is shown, what is ours is left`() {
    let name = Self.evil
    let line: ScreenText = "\u{1B}[1mname\n\(name)\u{1B}[0m"
    #expect(line.text == "\u{1B}[1mname\n\(Self.shown)\u{1B}[0m")
    let outer: ScreenText = "<\(line)>"
    #expect(outer.text == "<\(line.text)>")
    #expect(("\(RuntimeFailure(name))" as ScreenText).text == Self.shown)
    #expect((line + "\(name)").text == line.text + Self.shown)
  }

  @Test func `columns are as wide as what is shown of them`() {
    let lines = TextTable.lines([["slot", "plugin"], [Self.evil, "x"], ["s", "\u{1B}"]])
    #expect(
      lines.map(\.text) == [
        "slot" + String(repeating: " ", count: Self.shown.count - 4) + "  plugin",
        "\(Self.shown)  x",
        "s" + String(repeating: " ", count: Self.shown.count - 1) + "  \\u{1b}",
      ])
  }

  @Test func `padding counts what is shown`() {
    #expect(("ab" as ScreenText).padded(to: 4).text == "ab  ")
    #expect(("ab" as ScreenText).padded(to: 4, right: true).text == "  ab")
    #expect(("\("\u{7}")" as ScreenText).padded(to: 2).text == "\\u{7}")
  }
}
