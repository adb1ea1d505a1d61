/// What a statement does with a row.
enum TargetVerb: String, Hashable, Sendable {
  /// Inserts it, or gives the row that has its key its values.
  case upsert = "the insertion"
  /// Gives a row that has a key some values.
  case update = "the update"
  /// Gives a row that had another key all values.
  case move = "the update of the key"
  /// Deletes the row that has a key.
  case delete = "the deletion"
  /// Gives one of the rows that look like the old one some values.
  case updateAlike = "the update, by all columns,"
  /// Deletes one of the rows that look like the old one.
  case deleteAlike = "the deletion, by all columns,"
}
