internal import PGOutput
internal import PGWire

/// What reads the ranges of one table: what is locked, and the commands that bring the rows.
struct RangeQuery: Sendable {
  let table: IncrementalTable
  let prefersBinary: Bool

  /// Whether rows come in binary.
  var isBinary: Bool { prefersBinary && table.table.hasBinaryForm }

  private var relation: Relation { table.table.relation }

  /// Whether its rows lie in partitions.
  private var isRoot: Bool { !table.table.storage.contains { $0.oid == relation.oid } }

  /// Locks what the rows are read from, with all partitions, against changes of its shape.
  ///
  /// LOCK takes no snapshot, other than any query.
  func lock(isImmediate: Bool) throws(ReplicationError) -> SQL {
    let name: SQL = isRoot ? try self.name : "ONLY \(try self.name)"
    return isImmediate
      ? "LOCK TABLE \(name) IN ACCESS SHARE MODE NOWAIT" : "LOCK TABLE \(name) IN ACCESS SHARE MODE"
  }

  /// The table as a FROM clause names it, with its partitions if it has some.
  var source: SQL {
    get throws(ReplicationError) { isRoot ? try name : "ONLY \(try name)" }
  }

  private var name: SQL {
    get throws(ReplicationError) {
      "\(try Identifier(relation.namespace)).\(try Identifier(relation.name))"
    }
  }

  /// The command that brings the rows of a range of keys, each row once.
  ///
  /// The server plans it with the key's index and without the partitions that the range does not
  /// touch.
  func copy(of range: KeyRange) throws(ReplicationError) -> SQL {
    let filter = table.table.rowFilter.map { filter -> SQL in "\(callersSQL: filter)" }
    let condition = try range.condition(table.shape)
    guard isRoot else { return copy(of: try select(from: source, where: [condition, filter])) }
    guard table.table.hasForeignParts else {
      return copy(of: try select(from: source, where: [isPublished, condition, filter]))
    }
    // Through the root, the server would ask that of a foreign partition as well.
    var query: SQL = try select(from: source, where: ["false"])
    for source in try table.table.sources() {
      let part = try select(from: source.name, where: [source.condition, condition, filter])
      query = "\(query) UNION ALL \(part)"
    }
    return copy(of: query)
  }

  private func copy(of query: SQL) -> SQL { "COPY (\(query)) TO STDOUT\(format)" }

  private var format: SQL { isBinary ? " WITH (FORMAT binary)" : "" }

  private var columns: [SQL] {
    get throws(ReplicationError) {
      var columns: [SQL] = []
      for column in relation.columns { columns.append("\(try Identifier(column.name))") }
      return columns
    }
  }

  /// Of a root: that a row lies in a partition which a stream delivers; those that are not logged
  /// are not among them.
  private var isPublished: SQL {
    get throws(ReplicationError) {
      let parts = table.table.storage.map { String($0.oid) }.joined(separator: ",")
      return """
        tableoid OPERATOR(pg_catalog.=) ANY (\(try Literal("{\(parts)}"))::pg_catalog.oid[])
        """
    }
  }

  private func select(
    from source: SQL, where conditions: [SQL?]
  ) throws(ReplicationError) -> SQL {
    var query: SQL = "SELECT \(try columns) FROM \(source)"
    for (index, condition) in conditions.compactMap(\.self).enumerated() {
      query = index == 0 ? "\(query) WHERE (\(condition))" : "\(query) AND (\(condition))"
    }
    return query
  }
}
