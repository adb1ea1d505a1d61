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

/// Why the text of a value has no JSON.
struct UnexpectedText: Error {
  enum Reason {
    /// It isn't what the server prints for the type.
    case malformed
    /// It is, but the format has no way to say it.
    case inexpressible
    /// It isn't UTF-8, which all JSON is.
    case notUTF8
  }

  var reason = Reason.malformed
}

/// Why a value has no JSON.
enum JSONValueError: Error {
  case text(UnexpectedText.Reason)
  case binary(PostgresValueError)
  /// The line would have more bytes than that.
  case tooLong(limit: Int)
}
