import PGOutput
import ReplicationCore

/// How a value that is not an array becomes JSON: what the formats differ in.
///
/// It is chosen once for a column, and free to copy.
protocol ScalarFormat: Equatable, Sendable {
  /// - Parameter modifier: What the column's type was declared with, such as a scale; -1 without.
  init(_ type: PostgresType, modifier: Int32, _ options: JSONLineFormat.Options)

  /// Whether columns of a type are no part of rows.
  static func leavesOut(_ type: PostgresType) -> Bool

  /// Appends the JSON of what stands for a value that an old row lacks, since only its key was
  /// sent; nothing where such columns are absent.
  ///
  /// - Parameter isDomain: Whether the column's type is a domain over `type`.
  static func append(
    unsent facts: TableDescription.Column?, _ type: PostgresType, isDomain: Bool,
    as format: ValueFormat<Self>, _ values: inout ValueWriter, to output: inout OutputBuffer)

  /// Appends the JSON of a value from its text.
  ///
  /// - Throws: If the text is not one of the type, or there is no JSON for it; then a part of it
  ///   may have been appended.
  func append(
    _ text: Span<UInt8>, to output: inout OutputBuffer, _ syntax: inout JSONSyntax
  ) throws(UnexpectedText)

  /// Appends the JSON of a value in binary, if that needs no text in between.
  ///
  /// - Returns: Whether it was appended; nothing of it was if not.
  func append(binary bytes: Span<UInt8>, to output: inout OutputBuffer) -> Bool
}

/// How the values of a column become JSON.
enum ValueFormat<Scalar: ScalarFormat>: Equatable, Sendable {
  case scalar(Scalar)
  case array(ArrayFormat<Scalar>)
}

extension ValueFormat {
  /// - Parameters:
  ///   - modifier: What the type was declared with.
  ///   - isCertain: Whether more is known of the type than its name. A name that begins as those of
  ///     arrays do proves nothing: a user's enum may have it. Of a type that has been dropped its
  ///     text is what is left.
  init(
    _ type: PostgresType, modifier: Int32, isCertain: Bool, _ options: JSONLineFormat.Options
  ) {
    switch type {
    case .array(let element, let delimiter) where isCertain:
      self = .array(
        ArrayFormat(element: Scalar(element, modifier: modifier, options), delimiter: delimiter))
    case .array: self = .scalar(Scalar(.builtin(.text), modifier: -1, options))
    default: self = .scalar(Scalar(type, modifier: modifier, options))
    }
  }
}
