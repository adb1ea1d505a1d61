import Foundation
import Testing

/// The examples in the README are the source files beside this one, which the compiler has checked.
@Suite struct ReadmeTests {
  private static let tests = URL(filePath: #filePath).deletingLastPathComponent()

  @Test(
    arguments: [
      "ReadmeSubscription.swift", "ReadmeExample.swift", "ReadmeValues.swift", "ReadmeSlots.swift",
      "ReadmeSnapshot.swift", "ReadmeProvisional.swift",
    ])
  func `the README's example is the one that compiles`(file: String) throws {
    let example = try String(contentsOf: Self.tests.appending(path: file), encoding: .utf8)
    let readme = try String(
      contentsOf: Self.tests.appending(path: "../../README.md").standardized, encoding: .utf8)
    #expect(readme.contains("```swift\n\(example)```"))
  }
}
