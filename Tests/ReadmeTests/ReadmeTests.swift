import Foundation
import Testing

/// The example in the README is the source file beside this one, which the compiler has checked.
@Suite struct ReadmeTests {
  private static let tests = URL(filePath: #filePath).deletingLastPathComponent()

  @Test func `the README's example is the one that compiles`() throws {
    let example = try String(
      contentsOf: Self.tests.appending(path: "ReadmeExample.swift"), encoding: .utf8)
    let readme = try String(
      contentsOf: Self.tests.appending(path: "../../README.md").standardized, encoding: .utf8)
    #expect(readme.contains("```swift\n\(example)```"))
  }
}
