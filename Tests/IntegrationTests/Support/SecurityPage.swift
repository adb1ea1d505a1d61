import Foundation
import Testing

/// The statements that `Documentation/security.md` tells users to run, so that a test runs the same.
struct SecurityPage {
  /// The role with REPLICATION, as a superuser.
  let role: String
  /// The publication, as the owner of the tables.
  let publication: String
  /// What a snapshot needs.
  let snapshot: String
  /// What the doctor needs to see everything.
  let doctor: String
  /// The line for `pg_hba.conf`.
  let access: String

  /// Reads the page.
  ///
  /// - Parameter names: What stands for the names on the page: `shop`, `app`, `cdc`, `orders`.
  init(_ names: [String: String]) throws {
    let page = try Self.text()
    // Every second piece between the fences is code.
    let pieces = page.split(separator: "```", omittingEmptySubsequences: false)
    let code = pieces.indices.filter { $0 % 2 == 1 }.map { index in
      names.reduce(String(pieces[index])) { text, name in
        Self.replaceWord(name.key, with: name.value, in: text)
      }
    }
    let statements = code.filter { $0.hasPrefix("sql\n") }.map { String($0.dropFirst(4)) }
    let lines = code.filter { $0.hasPrefix("\n") }.map { $0.trimmingCharacters(in: .newlines) }
    try #require(statements.count == 4 && lines.count == 1, "the page has other examples now")
    role = statements[0]
    publication = statements[1]
    snapshot = statements[2]
    doctor = statements[3]
    access = lines[0]
  }

  static func text() throws -> String {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../../Documentation/security.md").standardized
    return try String(contentsOf: file, encoding: .utf8)
  }

  private static func replaceWord(_ word: String, with new: String, in text: String) -> String {
    text.replacingOccurrences(
      of: "\\b\(word)\\b", with: new, options: .regularExpression)
  }
}
