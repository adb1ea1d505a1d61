internal import ChangeSinks
internal import Logging
internal import PGOutput
internal import PGWire

/// Columns that were added, renamed, dropped or retyped in the source.
extension TargetSession {
  /// A column that a table of the target has.
  struct FoundColumn {
    let type: UInt32
    /// As SQL has it, with its modifier.
    let typeName: String
    let isNotNull: Bool
    /// Whether the target computes it.
    let isGenerated: Bool
    /// Whether it is an identity that is always generated.
    let isAlwaysIdentity: Bool
    let order: String?
  }

  /// Alters a table of the target.
  ///
  /// - Parameter former: The shape that the source's table had when the target was written to last;
  ///   `nil` if that is not known.
  func alter(_ source: SourceTable, _ former: Relation?) throws(SinkError) {
    let table = source.relation.quotedName
    if let former {
      let difference = source.relation.difference(from: former)
      try rename(difference.renamed, table)
      let found = try findColumns(source.relation)
      for column in difference.dropped { try release(column.name, source, found) }
      for change in difference.changed where change.isRetypedInSource {
        try retype(change, source, found)
      }
    }
    let found = try findColumns(source.relation)
    for column in source.columns where found[column.name] == nil {
      try add(column, source, former)
    }
  }

  /// Columns give up their names before others take them: two may have swapped theirs.
  private func rename(
    _ renamed: [RelationDifference.ChangedColumn], _ table: String
  ) throws(SinkError) {
    guard !renamed.isEmpty else { return }
    let names = Set(
      try connection.query(
        """
        SELECT attname FROM pg_catalog.pg_attribute
        WHERE attrelid = pg_catalog.to_regclass($1)::pg_catalog.oid AND attnum > 0
          AND NOT attisdropped
        """, [table]
      ).compactMap { $0.first ?? nil })
    let former = Set(renamed.map(\.before.name))
    let possible = renamed.filter { change in
      names.contains(change.before.name)
        && (!names.contains(change.after.name) || former.contains(change.after.name))
    }
    for (index, change) in possible.enumerated() {
      try connection.query(
        "ALTER TABLE \(table) RENAME \(change.before.name.quotedName) TO pgcdc_former_\(index)")
    }
    for (index, change) in possible.enumerated() {
      try connection.query(
        "ALTER TABLE \(table) RENAME pgcdc_former_\(index) TO \(change.after.name.quotedName)")
    }
  }

  /// A column that the source has dropped stays, and gets no values from then on.
  private func release(
    _ name: String, _ source: SourceTable, _ found: [String: FoundColumn]
  ) throws(SinkError) {
    let isThereAgain = source.columns.contains { $0.name == name }
    guard !isThereAgain, found[name]?.isNotNull == true else { return }
    let table = source.relation.quotedName
    do throws(SinkError) {
      try connection.query(
        "ALTER TABLE \(table) ALTER COLUMN \(name.quotedName) DROP NOT NULL")
    } catch {
      throw self.error(
        error.category,
        "the column \(name) of \(source.relation.qualifiedName) was dropped in the source, and the "
          + "target's can't be left empty; drop it, and create a key of other columns: "
          + error.reason)
    }
  }

  /// Gives a column the source's type, if it has the type that the source had.
  private func retype(
    _ change: RelationDifference.ChangedColumn, _ source: SourceTable,
    _ found: [String: FoundColumn]
  ) throws(SinkError) {
    let before = SourceType(change.before, TypeCatalog())
    guard let column = source.columns.first(where: { $0.name == change.after.name }),
      let present = found[column.name], case .builtin = before
    else { return }
    let earlier = SourceColumn(
      name: column.name, isKey: column.isKey, type: before, order: nil, earlierValue: nil)
    let type = try typeName(column, of: source)
    guard present.typeName != type, present.typeName == (try typeName(earlier, of: source)) else {
      return
    }
    let name = column.name.quotedName
    try connection.query(
      """
      ALTER TABLE \(source.relation.quotedName) ALTER COLUMN \(name) TYPE \(type)
      USING \(name)::pg_catalog.text::\(type)
      """)
    // The source may have converted them otherwise, of which the stream does not tell.
    options.logger.warning(
      "the type of a column was altered; values that were there are converted by way of text",
      metadata: [
        "table": "\(source.relation.qualifiedName)", "column": "\(column.name)",
        "type": "\(type)",
      ])
  }

  /// Adds a column, with what rows have in it that are there already.
  private func add(
    _ column: SourceColumn, _ source: SourceTable, _ former: Relation?
  ) throws(SinkError) {
    let table = source.relation
    if let former, former.columns.contains(where: { $0.name == column.name }), !source.isReadWhole {
      throw error(
        .needsOperator,
        "the column \(column.name) of \(table.qualifiedName) is no longer in the target; have a "
          + "snapshot read the table again")
    }
    let type = try typeName(column, of: source)
    let name = column.name.quotedName
    // Rows that are there have it without being written again, as in the source.
    let value = column.earlierValue.map { " DEFAULT \($0.quotedValue)::\(type)" } ?? ""
    try connection.query("ALTER TABLE \(table.quotedName) ADD COLUMN \(name) \(type)\(value)")
    guard !value.isEmpty else { return }
    try connection.query("ALTER TABLE \(table.quotedName) ALTER COLUMN \(name) DROP DEFAULT")
  }
}

extension RelationDifference.ChangedColumn {
  /// Types that aren't built in are not stored, so only their oids say whether they changed.
  fileprivate var isRetypedInSource: Bool {
    before.typeOID != after.typeOID || hasOtherModifier
  }
}
