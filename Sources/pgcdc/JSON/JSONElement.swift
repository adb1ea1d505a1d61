import PGOutput

/// How the text of one value becomes JSON: what formats of lines differ in.
protocol JSONElement: Equatable {
  /// - Parameter modifier: What the column's type was declared with, such as a scale; -1 without.
  init(_ type: PostgresType, modifier: Int32)

  /// Appends the JSON of a value.
  ///
  /// - Throws: If the text is none of the type, or there is no JSON for it; then a part of it may
  ///   have been appended.
  func append(
    _ text: Span<UInt8>, to output: inout [UInt8], syntax: inout JSONSyntax
  ) throws(UnexpectedText)
}

/// The text of a value isn't what the server prints for its type.
struct UnexpectedText: Error {
  /// Whether it is, but the format has no way to say it.
  var isInexpressible = false
}
