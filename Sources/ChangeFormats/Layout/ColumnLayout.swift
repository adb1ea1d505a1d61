import PGOutput

/// What is the same for a column in all rows: its place in JSON, and how its values become JSON.
struct JSONColumn<Element: JSONElement> {
  /// Where in its table's text the key of the column's members lies, with the colon.
  let key: Range<Int>
  /// Whether the column is part of the replica identity.
  let isKey: Bool
  /// Whether text is printed as something else than the server has sent.
  let isRewritten: Bool
  let format: JSONValueFormat<Element>

  /// Where the column's name lies, as a JSON string.
  var name: Range<Int> { key.lowerBound..<key.upperBound - 1 }
}

/// How the values of a column become JSON.
enum JSONValueFormat<Element: JSONElement>: Equatable {
  case scalar(Element)
  case array(JSONArray<Element>)
}

extension JSONValueFormat {
  /// - Parameters:
  ///   - modifier: What the type was declared with.
  ///   - isCertain: Whether more is known of the type than its name. A name that begins as those of
  ///     arrays do proves nothing: a user's enum may have it. Of a type that has been dropped its
  ///     text is what is left.
  init(_ type: PostgresType, modifier: Int32, isCertain: Bool) {
    switch type {
    case .array(let element, let delimiter) where isCertain:
      self = .array(
        JSONArray(element: Element(element, modifier: modifier), delimiter: delimiter))
    case .array: self = .scalar(Element(.builtin(.text), modifier: -1))
    default: self = .scalar(Element(type, modifier: modifier))
    }
  }
}

/// Writes the values of columns; it holds the memory that some types need.
struct JSONValueWriter {
  private var syntax: JSONSyntax
  private var unquoted: [UInt8] = []
  private var printed: [UInt8] = []

  /// How much memory is kept for the next value.
  private static let keptBytes = 1 << 20

  private let style: ValueTextStyle

  init(_ options: LineOptions, _ style: ValueTextStyle = ValueTextStyle()) {
    syntax = JSONSyntax(options, style)
    self.style = style
  }

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
      defer { if unquoted.capacity > Self.keptBytes { unquoted = [] } }
      try array.append(text, to: &output, syntax: &syntax, unquoted: &unquoted)
    }
  }

  /// Appends the JSON of a value that was sent in binary: that of the text which stands for it.
  ///
  /// - Parameter room: The most bytes that the text may have.
  /// - Throws: If the bytes are none of the column's type, or its binary form isn't known; then a
  ///   part of the JSON may have been appended.
  mutating func append<Element>(
    binary bytes: Span<UInt8>, of type: PostgresType, as format: JSONValueFormat<Element>,
    to output: inout [UInt8], room: Int
  ) throws(JSONValueError) {
    do throws(UnexpectedText) {
      if type.isTextInBinary { return try append(bytes, as: format, to: &output) }
    } catch {
      throw .text(error.reason)
    }
    let style = style
    try append(as: format, to: &output) { printed throws(PostgresValueError) in
      try type.appendText(
        ofBinary: bytes, to: &printed, style: style, limit: ValueTextLimit(bytes: room))
    }
  }

  /// Appends the JSON of a value whose text isn't printed as the server has sent it.
  ///
  /// - Throws: As of a value in binary.
  mutating func append<Element>(
    rewriting text: Span<UInt8>, of type: PostgresType, as format: JSONValueFormat<Element>,
    to output: inout [UInt8], room: Int
  ) throws(JSONValueError) {
    let style = style
    try append(as: format, to: &output) { printed throws(PostgresValueError) in
      try type.appendText(
        ofText: text, to: &printed, style: style, limit: ValueTextLimit(bytes: room))
    }
  }

  private mutating func append<Element>(
    as format: JSONValueFormat<Element>, to output: inout [UInt8],
    text print: (inout [UInt8]) throws(PostgresValueError) -> Void
  ) throws(JSONValueError) {
    var text = printed
    printed = []
    text.removeAll(keepingCapacity: true)
    defer { if text.capacity <= Self.keptBytes { printed = text } }
    do throws(PostgresValueError) {
      try print(&text)
    } catch {
      throw .binary(error)
    }
    do throws(UnexpectedText) {
      try append(text.span, as: format, to: &output)
    } catch {
      throw error.reason == .malformed ? .binary(.malformed) : .text(error.reason)
    }
  }
}
