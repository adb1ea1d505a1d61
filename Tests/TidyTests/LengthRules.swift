/// Nothing so long that it can't be taken in at once.
enum LengthRules {
  static let linesOfFile = 400
  static let columns = 100
  /// In tests, where tables of what servers printed are.
  static let columnsOfTests = 120
  static let linesOfFunction = 70

  static func checkFile(_ file: SourceFile) -> [Finding] {
    guard file.lines.count > linesOfFile else { return [] }
    let reason = "\(file.lines.count) lines in one file, more than \(linesOfFile): one idea each?"
    return [file.finding(line: linesOfFile + 1, reason)]
  }

  static func checkLines(_ file: SourceFile) -> [Finding] {
    let columns = file.module == nil ? columnsOfTests : columns
    return file.lines.enumerated().compactMap { index, line in
      guard line.utf8.count > columns, line.count > columns else { return nil }
      // The address of a page can't be broken.
      if line.contains("<https://") { return nil }
      return file.finding(line: index + 1, "\(line.count) columns, more than \(columns)")
    }
  }

  static func checkFunctions(_ file: SourceFile) -> [Finding] {
    file.code.indices.compactMap { start in
      guard isFunction(file.code[start]), let end = lastLine(of: start, in: file.code) else {
        return nil
      }
      let count = end - start + 1
      guard count > linesOfFunction else { return nil }
      let reason = "a function of \(count) lines, more than \(linesOfFunction)"
      return file.finding(line: start + 1, reason)
    }
  }

  /// Whether a function, an initializer, a deinitializer or a subscript is declared on the line.
  private static func isFunction(_ line: String) -> Bool {
    let words = Words.of(line)
    if words.contains("func") || words.contains("deinit") { return true }
    // After a dot, as in `self.init(…)`, they are calls.
    let starts = [" init(", " init?(", " init!(", " init<", " subscript(", " subscript<"]
    return starts.contains { (" " + line).contains($0) }
  }

  private static func isDeclaration(_ line: String) -> Bool {
    let others: Set = ["var", "let", "associatedtype", "typealias"]
    return isFunction(line) || Words.of(line).contains(where: others.contains)
  }

  /// The line with the closing brace of the function declared on `start`; nil if it has no body.
  private static func lastLine(of start: Int, in code: [String]) -> Int? {
    var nesting = 0
    var braces = 0
    for index in start..<code.count {
      if index > start, braces == 0, nesting == 0, isDeclaration(code[index]) { return nil }
      for byte in code[index].utf8 {
        switch byte {
        case UInt8(ascii: "("), UInt8(ascii: "["): nesting += 1
        case UInt8(ascii: ")"), UInt8(ascii: "]"): nesting -= 1
        // A closure among the parameters is not the body yet.
        case UInt8(ascii: "{") where braces > 0 || nesting == 0: braces += 1
        case UInt8(ascii: "}") where braces > 0 || nesting == 0:
          braces -= 1
          if braces == 0 { return index }
          if braces < 0 { return nil }
        default: break
        }
      }
    }
    return nil
  }
}
