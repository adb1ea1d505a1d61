import PGOutput

/// Writes the values of columns; it holds the memory that some types need.
struct ValueWriter {
  private var syntax: JSONSyntax
  /// The text of a value that was sent in binary, or is rewritten.
  private var printed: [UInt8] = []
  private let style: ValueTextStyle

  /// How much memory is kept for the next value.
  private static let keptBytes = 1 << 20

  init(_ options: JSONLineFormat.Options, _ style: ValueTextStyle = ValueTextStyle()) {
    syntax = JSONSyntax(options, style)
    self.style = style
  }

  /// Appends the JSON of a value.
  ///
  /// - Throws: If the text is not one of the column's type; then a part of it may have been
  ///   appended.
  @inline(__always) mutating func append<Scalar>(
    _ text: Span<UInt8>, as format: ValueFormat<Scalar>, to output: inout OutputBuffer
  ) throws(UnexpectedText) {
    switch format {
    case .scalar(let scalar): try scalar.append(text, to: &output, &syntax)
    case .array(let array): try array.append(text, to: &output, &syntax)
    }
  }

  /// Appends the JSON of a value that was sent in binary: that of the text which stands for it.
  ///
  /// - Parameter room: The most bytes that the text may have.
  /// - Throws: If the bytes are not a value of the column's type, or its binary form isn't known;
  ///   then a part of the JSON may have been appended.
  mutating func append<Scalar>(
    binary bytes: Span<UInt8>, of type: PostgresType, as format: ValueFormat<Scalar>,
    to output: inout OutputBuffer, room: Int
  ) throws(ValueError) {
    if case .scalar(let scalar) = format, scalar.append(binary: bytes, to: &output) { return }
    let style = style
    try append(as: format, to: &output) { printed throws(PostgresValueError) in
      try type.appendText(
        ofBinary: bytes, to: &printed, style: style, limit: ValueTextLimit(bytes: room))
    }
  }

  /// Appends the JSON of a value whose text isn't printed as the server has sent it.
  ///
  /// - Throws: As of a value in binary.
  mutating func append<Scalar>(
    rewriting text: Span<UInt8>, of type: PostgresType, as format: ValueFormat<Scalar>,
    to output: inout OutputBuffer, room: Int
  ) throws(ValueError) {
    let style = style
    try append(as: format, to: &output) { printed throws(PostgresValueError) in
      try type.appendText(
        ofText: text, to: &printed, style: style, limit: ValueTextLimit(bytes: room))
    }
  }

  /// Passes the text of a value that was sent in binary, or isn't printed as it was sent.
  ///
  /// - Throws: As of a value in binary, and what `body` throws.
  mutating func withText(
    of bytes: Span<UInt8>, isBinary: Bool, _ type: PostgresType, room: Int,
    _ body: (Span<UInt8>) throws(ValueError) -> Void
  ) throws(ValueError) {
    var text = printed
    printed = []
    text.removeAll(keepingCapacity: true)
    defer { if text.capacity <= Self.keptBytes { printed = text } }
    let limit = ValueTextLimit(bytes: room)
    do throws(PostgresValueError) {
      if isBinary {
        try type.appendText(ofBinary: bytes, to: &text, style: style, limit: limit)
      } else {
        try type.appendText(ofText: bytes, to: &text, style: style, limit: limit)
      }
    } catch {
      throw .binary(error)
    }
    try body(text.span)
  }

  private mutating func append<Scalar>(
    as format: ValueFormat<Scalar>, to output: inout OutputBuffer,
    text print: (inout [UInt8]) throws(PostgresValueError) -> Void
  ) throws(ValueError) {
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
