internal import ChangeSinks
internal import PGOutput
internal import PGWire

/// A table of the target, as far as rows of one shape are written to it.
final class TargetTable: Sendable {
  /// A column of the source's table in the target.
  struct Column: Hashable, Sendable {
    /// Quoted.
    let name: String
    /// The oid of its type in the target.
    let type: UInt32
    /// Whether the target takes values for it; it computes those of generated columns.
    let isWritten: Bool
    /// Whether an update may set it, which an identity column that is always generated refuses.
    let isUpdatable: Bool
    /// Whether it is part of the replica identity.
    let isKey: Bool
    /// How the target orders its values, see ``KeyOrder``.
    let order: String?
  }

  /// What tells a row: the columns of a unique index, of which the source sends the former values.
  struct Key: Hashable, Sendable {
    /// Places in ``TargetTable/columns``.
    let columns: [Int]
    /// The index's operators that say whether two values are equal: `OPERATOR("pg_catalog".=)`.
    let operators: [String]
  }

  /// The number of the shape.
  let shape: Int
  let source: SourceTable
  /// In the order of the source's rows.
  let columns: [Column]
  /// `nil` if rows are told by all the columns that the source sends of old ones.
  let key: Key?

  init(shape: Int, _ source: SourceTable, columns: [Column], key: Key?) {
    self.shape = shape
    self.source = source
    self.columns = columns
    self.key = key
  }

  /// The name for SQL.
  var name: String { source.relation.quotedName }

  /// The name for people.
  var title: String { source.relation.qualifiedName }

  /// The columns that the target takes values for.
  var written: [Int] { columns.indices.filter { columns[$0].isWritten } }

  /// The error that a row is missing.
  func rowMissing(_ verb: TargetVerb, _ engine: String) -> SinkError {
    SinkError(
      engine: engine, .fatal,
      "\(verb.rawValue) of a row of \(title) found no such row in the target, so the two tables "
        + "differ; have a snapshot read the table again, or ignore missing rows (missingRows)")
  }

  /// The error that nothing tells which row was changed.
  func noIdentity(_ engine: String) -> SinkError {
    SinkError(
      engine: engine, .fatal,
      "nothing tells which row of \(title) was changed; the source's table needs a primary key, "
        + "or REPLICA IDENTITY FULL")
  }
}

extension Relation {
  /// The name for SQL.
  var quotedName: String { "\(namespace.quotedName).\(name.quotedName)" }
}
