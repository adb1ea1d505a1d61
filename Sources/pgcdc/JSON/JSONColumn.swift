import PGOutput

/// What is the same for a column in all rows: its place in JSON, and how its values become JSON.
struct JSONColumn<Element: JSONElement> {
  /// Where in its table's text the key of the column's members lies, with the colon.
  let key: Range<Int>
  /// Whether the column is part of the replica identity.
  let isKey: Bool
  let format: JSONValueFormat<Element>

  /// Where the column's name lies, as a JSON string.
  var name: Range<Int> { key.lowerBound..<key.upperBound - 1 }
}

/// How the values of a column become JSON.
enum JSONValueFormat<Element: JSONElement>: Equatable {
  case scalar(Element)
  case array(JSONArray<Element>)
  /// An array whose element type isn't known: of strings, if it is an array at all.
  case namedArray(JSONArray<JSONScalar>)
}

extension JSONValueFormat {
  /// - Parameters:
  ///   - modifier: What the type was declared with.
  ///   - isCertain: Whether more is known of the type than a name like those of arrays.
  init(_ type: PostgresType, modifier: Int32, isCertain: Bool) {
    switch type {
    case .array(let element, let delimiter) where !isCertain:
      self = .namedArray(
        JSONArray(element: JSONScalar(element, modifier: modifier), delimiter: delimiter))
    case .array(let element, let delimiter):
      self = .array(
        JSONArray(element: Element(element, modifier: modifier), delimiter: delimiter))
    case .named(let name) where name.name.hasPrefix("_"):
      // The server names an array type after its elements' type; a user's name may look the same.
      // What parts the values isn't told either: a comma, but for two well-known types of PostGIS.
      let isPostGIS = name.name == "_geometry" || name.name == "_geography"
      self = .namedArray(
        JSONArray(element: .text, delimiter: UInt8(ascii: isPostGIS ? ":" : ",")))
    default:
      self = .scalar(Element(type, modifier: modifier))
    }
  }
}

/// Writes the values of columns; it holds the memory that some types need.
struct JSONValueWriter {
  private var syntax = JSONSyntax()
  private var unquoted: [UInt8] = []
  private var printed: [UInt8] = []

  /// Appends the JSON of a value.
  ///
  /// - Throws: If the text is none of the column's type; then a part of it may have been appended.
  mutating func append<Element>(
    _ text: Span<UInt8>, as format: JSONValueFormat<Element>, to output: inout [UInt8]
  ) throws(UnexpectedText) {
    switch format {
    case .scalar(let scalar):
      try scalar.append(text, to: &output, syntax: &syntax)
    case .array(let array):
      try array.append(text, to: &output, syntax: &syntax, unquoted: &unquoted)
    case .namedArray(let array):
      let start = output.count
      do throws(UnexpectedText) {
        try array.append(text, to: &output, syntax: &syntax, unquoted: &unquoted)
      } catch {
        output.removeLast(output.count - start)
        output.append(string: text)
      }
    }
  }

  /// Appends the JSON of a value that was sent in binary: that of the text which stands for it.
  ///
  /// - Throws: If the bytes are none of the column's type, or its binary form isn't known; then a
  ///   part of the JSON may have been appended.
  mutating func append<Element>(
    binary bytes: Span<UInt8>, of type: PostgresType, as format: JSONValueFormat<Element>,
    to output: inout [UInt8]
  ) throws(PostgresValueError) {
    do throws(UnexpectedText) {
      if type.isTextInBinary { return try append(bytes, as: format, to: &output) }
    } catch {
      throw error.isInexpressible ? .outOfRange : .malformed
    }
    printed.removeAll(keepingCapacity: true)
    try type.appendText(ofBinary: bytes, to: &printed)
    let text = printed
    do throws(UnexpectedText) {
      try append(text.span, as: format, to: &output)
    } catch {
      throw error.isInexpressible ? .outOfRange : .malformed
    }
  }
}
