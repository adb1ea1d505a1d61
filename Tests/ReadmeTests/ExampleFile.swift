import Foundation

/// A file of examples, which the compiler has checked.
struct ExampleFile {
  let name: String
  private let lines: [String]

  static func all() throws -> [ExampleFile] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Examples")
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    return try files.filter { $0.pathExtension == "swift" }.map { file in
      let text = try String(contentsOf: file, encoding: .utf8)
      return ExampleFile(
        name: file.lastPathComponent,
        lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    }
  }

  /// Whether these are lines of the file that follow one another, all less indented by the same.
  func has(_ block: [String]) -> Bool {
    guard let first = block.first, !first.isEmpty, block.count <= lines.count else { return false }
    return lines.indices.dropLast(block.count - 1).contains { start in
      guard lines[start].hasSuffix(first) else { return false }
      let indent = lines[start].dropLast(first.count)
      guard indent.allSatisfy({ $0 == " " }) else { return false }
      return zip(lines[start...], block).allSatisfy { line, wanted in
        line == (wanted.isEmpty ? "" : indent + wanted)
      }
    }
  }
}
