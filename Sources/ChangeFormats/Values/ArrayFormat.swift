import PGOutput

/// Writes PostgreSQL arrays as JSON arrays, nested for more dimensions.
///
/// The bounds of an array are dropped.
struct ArrayFormat<Element: ScalarFormat>: Equatable, Sendable {
  let element: Element
  /// A comma for all types but `box`.
  let delimiter: UInt8

  /// Appends the JSON of an array from its text.
  ///
  /// - Throws: If the text is not an array, or a value in it not one of the element's type; then a
  ///   part of it may have been appended.
  func append(
    _ text: Span<UInt8>, to output: inout OutputBuffer, _ syntax: inout JSONSyntax
  ) throws(UnexpectedText) {
    var reader = ArrayReader(delimiter: delimiter)
    var isEmpty = true
    var needsComma = false
    var failure = UnexpectedText()
    do throws(PostgresValueError) {
      try reader.forEachPart(of: text) { part throws(PostgresValueError) in
        isEmpty = false
        switch part {
        case .opening:
          output.append(json: needsComma ? ",[" : "[")
          needsComma = false
          return
        case .closing: output.append(UInt8(ascii: "]"))
        case .null: output.append(json: needsComma ? ",null" : "null")
        case .value(let value):
          if needsComma { output.append(UInt8(ascii: ",")) }
          do throws(UnexpectedText) {
            try element.append(value, to: &output, &syntax)
          } catch {
            failure = error
            throw .malformed
          }
        }
        needsComma = true
      }
    } catch {
      throw failure
    }
    if isEmpty { output.append(json: "[]") }
  }
}
