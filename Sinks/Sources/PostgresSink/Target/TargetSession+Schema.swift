internal import ChangeSinks
internal import Logging
internal import PGOutput
internal import PGWire

/// Tables, as the source describes them.
extension TargetSession {
  /// Gives a table of the target the shape of the source's, and notes how rows are written to it.
  func define(_ number: Int, _ source: SourceTable) throws(SinkError) {
    try refuseOwnTables(source)
    try beginCommand()
    connection.activity = "preparing the table \(source.relation.qualifiedName)"
    if options.createsTables { try shape(source) }
    tables[number] = try readTable(number, source)
    connection.activity = "writing a batch"
  }

  /// Whether a schema is one of the target itself, in which a source has nothing.
  func isOfTarget(_ schema: String) -> Bool {
    schema.hasPrefix("pg_") || schema == "information_schema"
  }

  /// A source is not trusted with the target's catalogs, nor with the sink's own state.
  private func refuseOwnTables(_ source: SourceTable) throws(SinkError) {
    let (schema, name) = (source.relation.namespace, source.relation.name)
    let isOwn = schema == options.stateSchema && ["state", "tables"].contains(name)
    guard !isOfTarget(schema), !isOwn else {
      throw error(
        .fatal,
        "\(source.relation.qualifiedName) belongs to the target itself, or to the sink; leave it "
          + "out of the publication")
    }
  }

  private func shape(_ source: SourceTable) throws(SinkError) {
    let relation = source.relation
    var former = known[relation.oid]
    if let other = source.former, let shape = known[other.oid] {
      former = try takeName(of: shape, source, isGone: other.isGone) ?? former
    }
    if let known = former { former = try rename(known, to: relation) }
    if try !exists(relation) {
      guard former == nil || source.isReadWhole else {
        throw error(
          .needsOperator,
          "the table \(relation.qualifiedName) is no longer in the target; have a snapshot read it "
            + "again after deleting its row from \(own("tables"))")
      }
      try create(source)
    } else {
      try ensureEnums(of: source)
      try alter(source, former)
    }
    try remember(relation)
  }

  /// Whether the target has a table of that name.
  private func exists(_ relation: Relation) throws(SinkError) -> Bool {
    try connection.query("SELECT pg_catalog.to_regclass($1)", [relation.quotedName]).only != nil
  }

  private func create(_ source: SourceTable) throws(SinkError) {
    let relation = source.relation
    try createSchema(relation.namespace)
    let key = source.keyForTarget
    var parts: [String] = []
    for column in source.columns {
      var part = "\(column.name.quotedName) \(try typeName(column, of: source))"
      // Where the source compares keys byte by byte, ranges of them are deleted by that order.
      if key.contains(column.name), column.order == KeyOrder.bytes, column.type.isText {
        part += " COLLATE pg_catalog.\"C\""
      }
      parts.append(part)
    }
    if !key.isEmpty {
      parts.append("PRIMARY KEY (\(key.map(\.quotedName).joined(separator: ", ")))")
    }
    try connection.query("CREATE TABLE \(relation.quotedName) (\(parts.joined(separator: ", ")))")
    options.logger.info(
      "a table was created in the target",
      metadata: ["table": "\(relation.qualifiedName)", "key": "\(key)"])
  }

  // MARK: Names

  /// Deals with another table of the target that has the name of this one.
  ///
  /// If the source has dropped it, and created this one in its place, this one takes it over
  /// without its rows. Otherwise it was renamed, which the stream will say later: it is put aside.
  ///
  /// - Returns: The shape of the table that is taken over.
  private func takeName(
    of other: Relation, _ source: SourceTable, isGone: Bool
  ) throws(SinkError) -> Relation? {
    if isGone, known[source.relation.oid] == nil {
      options.logger.warning(
        "a table was dropped in the source and created again: its rows are deleted in the target",
        metadata: ["table": "\(other.qualifiedName)"])
      if try exists(other) { try connection.query("DELETE FROM \(other.quotedName)") }
      try forget(other.oid)
      return other
    }
    let aside = other.renamed("\(other.name.prefixOfName) (was \(other.oid))")
    options.logger.warning(
      "a table of the target is put aside, since another table of the source has its name now",
      metadata: ["table": "\(other.qualifiedName)", "now": "\(aside.name)"])
    if try exists(other) {
      try connection.query(
        "ALTER TABLE \(other.quotedName) RENAME TO \(aside.name.quotedName)")
    }
    try remember(aside)
    return nil
  }

  /// Renames a table of the target, as the source has.
  ///
  /// - Returns: The former shape under its new name.
  private func rename(
    _ former: Relation, to relation: Relation
  ) throws(SinkError) -> Relation {
    guard former.quotedName != relation.quotedName, try exists(former), try !exists(relation) else {
      return former
    }
    if former.namespace != relation.namespace {
      try createSchema(relation.namespace)
      try connection.query(
        "ALTER TABLE \(former.quotedName) SET SCHEMA \(relation.namespace.quotedName)")
    }
    if former.name != relation.name {
      let name = "\(relation.namespace.quotedName).\(former.name.quotedName)"
      try connection.query("ALTER TABLE \(name) RENAME TO \(relation.name.quotedName)")
    }
    return former
  }
}

extension SourceTable {
  /// The columns of the primary key that a new table gets.
  ///
  /// An index that is the replica identity has columns that are not null.
  fileprivate var keyForTarget: [String] {
    if !primaryKey.isEmpty { return primaryKey }
    switch relation.replicaIdentity {
    case .default, .index: return columns.filter(\.isKey).map(\.name)
    case .nothing, .full: return []
    }
  }
}

extension String {
  /// The beginning of a name, so that 63 bytes hold it and an oid.
  fileprivate var prefixOfName: String {
    var text = String.UnicodeScalarView()
    var bytes = 0
    for scalar in unicodeScalars {
      bytes += UTF8.width(scalar)
      guard bytes <= 40 else { break }
      text.append(scalar)
    }
    return String(text)
  }
}

extension SourceType {
  /// Whether its values are texts that a collation orders.
  fileprivate var isText: Bool {
    guard case .builtin(let oid, _) = self, let type = BuiltinType(oid: oid) else { return false }
    return switch type {
    case .text, .varchar, .bpchar: true
    default: false
    }
  }
}
