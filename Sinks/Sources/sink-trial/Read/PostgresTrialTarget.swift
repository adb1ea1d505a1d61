/// Where the sink for PostgreSQL puts rows.
enum PostgresTrialTarget {
  /// The name of a table in the target, as SQL has it.
  static func name(of table: SourceTable) -> String { table.quotedName }
}
