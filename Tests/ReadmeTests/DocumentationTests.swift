import Foundation
import Testing

/// The Swift code of the documentation is in Examples, beside this file, where it is compiled.
///
/// A block that begins with three backticks and `swift` has to be some lines of a file there, as they
/// are or less indented. What can't be compiled (lines of a manifest, output) has another language.
@Suite struct DocumentationTests {
  private static let pages = Result { try DocumentationPage.all() }
  private static let examples = Result { try ExampleFile.all() }

  @Test func `the Swift code of every page is compiled`() throws {
    let examples = try Self.examples.get()
    var blocks = 0
    for page in try Self.pages.get() {
      for block in page.swiftBlocks {
        blocks += 1
        let isCompiled = examples.contains { $0.has(block.lines) }
        #expect(isCompiled, "\(page.path):\(block.line) is in none of the examples")
      }
    }
    #expect(blocks > 20)
  }

  @Test func `every example is on a page`() throws {
    let pages = try Self.pages.get()
    for example in try Self.examples.get() {
      let isShown = pages.contains { page in
        page.swiftBlocks.contains { example.has($0.lines) }
      }
      #expect(isShown, "\(example.name) is on no page")
    }
  }

  @Test func `links between files lead somewhere`() throws {
    var links = 0
    for page in try Self.pages.get() {
      for link in page.links {
        links += 1
        #expect(page.leadsSomewhere(link), "\(page.path): \(link)")
      }
    }
    #expect(links > 20)
  }

  @Test func `the README is short`() throws {
    let readme = try #require(try Self.pages.get().first { $0.path == "README.md" })
    #expect(readme.lines.count <= 180)
  }
}
