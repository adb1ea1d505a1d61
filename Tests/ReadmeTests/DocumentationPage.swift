import Foundation

/// A page of the documentation, in Markdown.
struct DocumentationPage {
  /// Its path from the package's folder.
  let path: String
  let lines: [String]
  private let file: URL

  /// The package's folder.
  static let root = URL(filePath: #filePath).appending(path: "../../..").standardized

  /// The README, the folder Documentation, and the catalogues of the libraries.
  static func all() throws -> [DocumentationPage] {
    var pages: [DocumentationPage] = []
    for folder in ["", "Documentation", "Examples", "Sources"] {
      let files = try files(under: root.appending(path: folder), isDeep: !folder.isEmpty)
      for file in files where file.pathExtension == "md" {
        let text = try String(contentsOf: file, encoding: .utf8)
        pages.append(
          DocumentationPage(
            path: String(file.path.dropFirst(root.path.count).drop { $0 == "/" }),
            lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init),
            file: file))
      }
    }
    return pages
  }

  private static func files(under folder: URL, isDeep: Bool) throws -> [URL] {
    let manager = FileManager.default
    guard isDeep else {
      return try manager.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    }
    let files = manager.enumerator(
      at: folder, includingPropertiesForKeys: nil, options: .skipsHiddenFiles)
    return (files?.allObjects as? [URL] ?? []).filter { !$0.path.contains("/.build/") }
  }

  /// Lines of Swift, and where they begin.
  struct Block {
    let line: Int
    let lines: [String]
  }

  var swiftBlocks: [Block] {
    var blocks: [Block] = []
    var start: Int?
    for (index, line) in lines.enumerated() {
      if let first = start, line == "```" {
        blocks.append(Block(line: first + 1, lines: Array(lines[first..<index])))
        start = nil
      } else if line == "```swift" {
        start = index + 1
      }
    }
    return blocks
  }

  /// The targets of links to files, without what follows `#`.
  var links: [String] {
    var links: [String] = []
    var isCode = false
    for line in lines {
      if line.hasPrefix("```") { isCode.toggle() }
      guard !isCode, !line.hasPrefix("    ") else { continue }
      for match in line.matches(of: /\]\(([^)\s#]+)[^)]*\)/) {
        let link = String(match.1)
        if !link.contains(":"), !link.hasPrefix("../../security") { links.append(link) }
      }
    }
    return links
  }

  func leadsSomewhere(_ link: String) -> Bool {
    let target = file.deletingLastPathComponent().appending(path: link).standardized
    return FileManager.default.fileExists(atPath: target.path)
  }
}
