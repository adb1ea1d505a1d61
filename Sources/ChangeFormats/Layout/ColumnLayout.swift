/// What is the same for a column in all rows: its name in JSON, and how its values become JSON.
struct ColumnLayout<Scalar: ScalarFormat>: Sendable {
  /// Where in its table's text the column's name lies, as the key of a member: `,"name":`.
  let key: Range<Int>
  /// Whether the column is part of the replica identity.
  let isKey: Bool
  /// Whether text is printed as something else than the server has sent.
  let isRewritten: Bool
  /// Whether the binary form is the text itself.
  let isTextInBinary: Bool
  /// What becomes of the values.
  let form: ColumnForm
  /// Where in its table's text the JSON lies of what stands for a value that an old row lacks; of a
  /// column that is masked, for any value.
  let unsent: Range<Int>
  let format: ValueFormat<Scalar>

  /// The key without the comma, for the first member of an object.
  var firstKey: Range<Int> { key.lowerBound &+ 1..<key.upperBound }

  /// Where the column's name lies, as a JSON string.
  var name: Range<Int> { key.lowerBound &+ 1..<key.upperBound &- 1 }
}
