internal import ChangeSinks
internal import Logging
internal import PGOutput
internal import PGWire

/// Types of the target for columns of the source.
extension TargetSession {
  /// The type for a column, as SQL.
  ///
  /// Types that every server has are named by the target. Enums are created; other types of users
  /// and extensions are taken by their names if the target has them. Everything else is text.
  func typeName(_ column: SourceColumn, of table: SourceTable) throws(SinkError) -> String {
    switch column.type {
    case .builtin(let oid, let modifier):
      let found = try connection.query(
        "SELECT pg_catalog.format_type($1::pg_catalog.oid, $2::pg_catalog.int4)",
        ["\(oid)", "\(modifier)"])
      // What an older server says of a type that it does not have.
      if let name = found.only, name != "???" { return name }
    case .enumeration(let name, let labels, let isArray):
      try ensureEnum(name, labels)
      return name.quoted + (isArray ? "[]" : "")
    case .named(let name, let modifier):
      let found = try connection.query(
        """
        SELECT pg_catalog.format_type(
          pg_catalog.to_regtype($1)::pg_catalog.oid, $2::pg_catalog.int4)
        """, [name.quoted, "\(modifier)"])
      if let name = found.only { return name }
    case .text: return "text"
    }
    options.logger.notice(
      "a column becomes text in the target, which does not have its type",
      metadata: [
        "table": "\(table.relation.qualifiedName)", "column": "\(column.name)",
        "type": "\(column.type)",
      ])
    return "text"
  }

  /// Creates the enums of a table's columns, and adds labels that they lack.
  func ensureEnums(of table: SourceTable) throws(SinkError) {
    for column in table.columns {
      guard case .enumeration(let name, let labels, _) = column.type else { continue }
      try ensureEnum(name, labels)
    }
  }

  private func ensureEnum(_ name: SourceTypeName, _ labels: [String]) throws(SinkError) {
    guard !isOfTarget(name.schema) else {
      throw error(
        .fatal,
        "the enum \(name.schema).\(name.name) is in a schema of the target itself; leave its table "
          + "out of the publication")
    }
    let found = try connection.query(
      """
      SELECT typtype FROM pg_catalog.pg_type
      WHERE oid = pg_catalog.to_regtype($1)::pg_catalog.oid
      """, [name.quoted])
    guard let kind = found.only else {
      try createSchema(name.schema)
      let list = labels.map(\.quotedValue).joined(separator: ", ")
      try connection.query("CREATE TYPE \(name.quoted) AS ENUM (\(list))")
      createdTypes.insert(name)
      return
    }
    // A domain or a text type that somebody has made takes the labels as they are.
    guard kind == "e" else { return }
    let known = Set(try self.labels(of: name, over: connection))
    guard !known.isSuperset(of: labels) else { return }
    try addLabels(labels, to: name, known)
  }

  /// The labels of an enum in the target, in their order.
  func labels(
    of name: SourceTypeName, over connection: TargetConnection
  ) throws(SinkError) -> [String] {
    try connection.query(
      """
      SELECT enumlabel FROM pg_catalog.pg_enum
      WHERE enumtypid = pg_catalog.to_regtype($1)::pg_catalog.oid ORDER BY enumsortorder
      """, [name.quoted]
    ).compactMap { $0.first ?? nil }
  }

  /// Adds labels, each behind the one that is before it in the source.
  ///
  /// A label that was added to an enum can be used only once that is committed, so this needs
  /// another connection, unless the open transaction has created the enum.
  private func addLabels(
    _ labels: [String], to name: SourceTypeName, _ known: Set<String>
  ) throws(SinkError) {
    let isOurs = isInTransaction && createdTypes.contains(name)
    let other = isOurs ? connection : try TargetConnection.open(settings, to: connection.host)
    if !isOurs {
      // Labels are quoted for it.
      try other.query("SELECT pg_catalog.set_config('standard_conforming_strings', 'on', false)")
    }
    other.activity = "adding labels to the enum \(name.schema).\(name.name)"
    var previous: String?
    for label in labels {
      defer { previous = label }
      if known.contains(label) { continue }
      let place: String
      if let previous {
        place = " AFTER \(previous.quotedValue)"
      } else if let next = labels.first(where: { known.contains($0) }) {
        place = " BEFORE \(next.quotedValue)"
      } else {
        place = ""
      }
      try other.query(
        "ALTER TYPE \(name.quoted) ADD VALUE IF NOT EXISTS \(label.quotedValue)\(place)")
    }
    if isOurs { other.activity = "writing a batch" }
  }
}
