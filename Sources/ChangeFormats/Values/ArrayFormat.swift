/// Writes the text of a PostgreSQL array as a JSON array.
///
///     array    [bounds =] { item, … }      item   array | NULL | "quoted" | bare
///     bounds   [lower:upper] …             in quotes \ takes the next byte as it is
///
/// The bounds are dropped. NULL in quotes is text. All values lie at the same depth, of six at
/// most.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO>
struct JSONArray<Element: JSONElement>: Equatable {
  let element: Element
  /// A comma for all types but `box`.
  let delimiter: UInt8

  /// `MAXDIM` in the server's source.
  private static var maxDepth: Int { 6 }

  /// Appends the JSON of an array.
  ///
  /// - Parameter unquoted: Memory for values that have escapes, to be used again.
  /// - Throws: If the text is no array, or a value in it none of the element's type; then a part of
  ///   it may have been appended.
  func append(
    _ text: Span<UInt8>, to output: inout [UInt8], syntax: inout JSONSyntax,
    unquoted: inout [UInt8]
  ) throws(UnexpectedText) {
    var at = try text.endOfArrayBounds()
    if text.extracting(droppingFirst: at).equals("{}") { return output.append(json: "[]") }
    var depth = 0
    var valueDepth: Int?
    var expectsItem = true
    repeat {
      guard at < text.count else { throw UnexpectedText() }
      let byte = text[at]
      switch byte {
      case UInt8(ascii: "}"):
        guard !expectsItem else { throw UnexpectedText() }
        output.append(UInt8(ascii: "]"))
        depth -= 1
        at += 1
      case delimiter:
        guard !expectsItem else { throw UnexpectedText() }
        output.append(UInt8(ascii: ","))
        expectsItem = true
        at += 1
      case UInt8(ascii: "{"):
        guard expectsItem, depth < valueDepth ?? Self.maxDepth else { throw UnexpectedText() }
        output.append(UInt8(ascii: "["))
        depth += 1
        at += 1
      default:
        guard expectsItem, depth > 0, depth == valueDepth ?? depth else { throw UnexpectedText() }
        at = try appendValue(
          of: text, at: at, to: &output, syntax: &syntax, unquoted: &unquoted)
        valueDepth = depth
        expectsItem = false
      }
    } while depth > 0
    guard at == text.count else { throw UnexpectedText() }
  }

  /// Appends the value that begins at an offset.
  ///
  /// - Returns: Where it ends.
  private func appendValue(
    of text: Span<UInt8>, at start: Int, to output: inout [UInt8], syntax: inout JSONSyntax,
    unquoted: inout [UInt8]
  ) throws(UnexpectedText) -> Int {
    if text[start] == UInt8(ascii: "\"") {
      unquoted.removeAll(keepingCapacity: true)
      let end = try unquoted.append(quoted: text, from: start)
      try element.append(unquoted.span, to: &output, syntax: &syntax)
      return end
    }
    let end = try text.endOfBareValue(from: start, delimiter: delimiter)
    let value = text.extracting(start..<end)
    if value.equals("NULL") {
      output.append(json: "null")
    } else {
      try element.append(value, to: &output, syntax: &syntax)
    }
    return end
  }
}

extension Span<UInt8> {
  /// Where the bounds end that an array may begin with, together with their `=`.
  fileprivate func endOfArrayBounds() throws(UnexpectedText) -> Int {
    guard byte(at: 0) == UInt8(ascii: "[") else { return 0 }
    var at = 0
    while at < count {
      switch self[at] {
      case UInt8(ascii: "="):
        return at + 1
      case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ":"), UInt8(ascii: "-"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        at += 1
      default:
        throw UnexpectedText()
      }
    }
    throw UnexpectedText()
  }

  /// Where a value without quotes ends: it has none of the characters that ask for them.
  fileprivate func endOfBareValue(
    from start: Int, delimiter: UInt8
  ) throws(UnexpectedText) -> Int {
    for index in start..<count {
      switch self[index] {
      case delimiter, UInt8(ascii: "}"):
        return index
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "{"), UInt8(ascii: " "),
        0x09...0x0D:
        throw UnexpectedText()
      default:
        continue
      }
    }
    throw UnexpectedText()
  }
}

extension [UInt8] {
  /// Appends a value in quotes without these and its escapes.
  ///
  /// - Returns: Where it ends, behind the closing quote.
  fileprivate mutating func append(
    quoted text: Span<UInt8>, from start: Int
  ) throws(UnexpectedText) -> Int {
    var at = start + 1
    while at < text.count {
      switch text[at] {
      case UInt8(ascii: "\""):
        return at + 1
      case UInt8(ascii: "\\"):
        guard at + 1 < text.count else { throw UnexpectedText() }
        append(text[at + 1])
        at += 2
      case let byte:
        append(byte)
        at += 1
      }
    }
    throw UnexpectedText()
  }
}
