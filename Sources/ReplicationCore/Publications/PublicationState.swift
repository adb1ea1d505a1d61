/// The actual state of a publication, member by member, to be compared with its definition.
struct PublicationState: Sendable {
  let publication: Publication
  let tables: [PublicationTable]
  var schemas: [String] { publication.schemas }

  /// How it differs from the definition.
  func differences(from wanted: PublicationDefinition) -> [String] {
    var differences: [String] = []
    if publication.isOnlyForSequences {
      return ["it is for all sequences, and tables can't be added to it"]
    }
    if publication.isForAllTables != wanted.isForAllTables {
      return [
        publication.isForAllTables
          ? "it is for all tables" : "it is not for all tables, which can't be altered"
      ]
    }
    if publication.operations != wanted.operations {
      let found = PublicationOperation.allCases.filter { publication.operations.contains($0) }
      differences.append("it publishes \(found.map(\.rawValue).joined(separator: ", "))")
    }
    if publication.publishesViaPartitionRoot != wanted.publishesViaPartitionRoot {
      differences.append(
        "publish_via_partition_root is \(publication.publishesViaPartitionRoot ? "on" : "off")")
    }
    if let generated = wanted.publishesGeneratedColumns,
      publication.publishesGeneratedColumns != generated
    {
      differences.append("publish_generated_columns is \(generated ? "none" : "stored")")
    }
    if wanted.isForAllTables {
      differences += publication.excludedTables.map { "table \($0) is left out of it" }
    } else {
      differences += schemaDifferences(wanted) + tableDifferences(wanted)
    }
    return differences
  }

  private func schemaDifferences(_ wanted: PublicationDefinition) -> [String] {
    let found = Set(schemas)
    let asked = Set(wanted.schemas)
    return asked.subtracting(found).sorted().map { "schema \($0) is not in it" }
      + found.subtracting(asked).sorted().map { "schema \($0) is in it" }
  }

  private func tableDifferences(_ wanted: PublicationDefinition) -> [String] {
    func key(_ table: PublicationTable) -> String {
      "\(Identifier.quote(table.schema)).\(Identifier.quote(table.name))"
    }
    let found = Dictionary(tables.map { (key($0), $0) }, uniquingKeysWith: { $1 })
    let asked = Dictionary(wanted.tables.map { (key($0), $0) }, uniquingKeysWith: { $1 })
    var differences: [String] = []
    for (name, table) in asked.sorted(by: { $0.key < $1.key }) {
      guard let other = found[name] else {
        differences.append("table \(name) is not in it")
        continue
      }
      if table.columns.map(Set.init) != other.columns.map(Set.init) {
        let shown = other.columns.map { $0.joined(separator: ", ") } ?? "all"
        differences.append("the columns of \(name) in it are \(shown)")
      }
      if Self.bare(table.rowFilter) != Self.bare(other.rowFilter) {
        differences.append("the rows of \(name) in it are \(other.rowFilter ?? "all")")
      }
    }
    for name in found.keys.sorted() where asked[name] == nil {
      differences.append("table \(name) is in it")
    }
    return differences
  }

  /// A row filter without surrounding white space and without the outermost parentheses.
  private static func bare(_ filter: String?) -> String? {
    guard var text = filter?.trimmed else { return nil }
    while text.hasPrefix("("), text.hasSuffix(")"), encloses(text) {
      text = String(text.dropFirst().dropLast()).trimmed
    }
    return text
  }

  /// Whether the first parenthesis is closed by the last one.
  private static func encloses(_ text: String) -> Bool {
    var depth = 0
    for (offset, character) in text.enumerated() {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      if depth == 0 { return offset == text.count - 1 }
    }
    return false
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}

extension ControlConnection {
  /// The publication and its members; `nil` if there is none of that name.
  func publicationState(_ name: String) throws(ControlError) -> PublicationState? {
    guard let publication = try publication(name) else { return nil }
    let tables = try ask(.publicationTables(of: name, server: serverVersion))
    return PublicationState(publication: publication, tables: tables)
  }
}

extension ControlQuery<[PublicationTable]> {
  /// The tables that a publication names.
  fileprivate static func publicationTables(of name: String, server: Int) -> Self {
    Self(server < 15 ? membersBefore15(name) : members(name)) { rows in
      rows.map { row in
        PublicationTable(
          row["relname"] ?? "", schema: row["nspname"] ?? "",
          columns: row["columns"] == nil ? nil : row.names("columns"), rowFilter: row["filter"])
      }
    }
  }

  private static func membersBefore15(_ name: String) -> SQL {
    """
    SELECT n.nspname, c.relname FROM pg_catalog.pg_publication_rel AS r
    JOIN pg_catalog.pg_publication AS p ON p.oid OPERATOR(pg_catalog.=) r.prpubid
    JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) r.prrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE p.pubname OPERATOR(pg_catalog.=) \(value: name) ORDER BY 1, 2
    """
  }

  /// Since 19 an entry can also say that a table is left out.
  private static func members(_ name: String) -> SQL {
    """
    SELECT n.nspname, c.relname, pg_catalog.pg_get_expr(r.prqual, r.prrelid) AS filter,
      (SELECT pg_catalog.string_agg(a.attname, pg_catalog.chr(31) ORDER BY a.attnum)
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid
          AND a.attnum OPERATOR(pg_catalog.=) ANY (r.prattrs)) AS columns
    FROM pg_catalog.pg_publication_rel AS r
    JOIN pg_catalog.pg_publication AS p ON p.oid OPERATOR(pg_catalog.=) r.prpubid
    JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) r.prrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE p.pubname OPERATOR(pg_catalog.=) \(value: name)
      AND coalesce(pg_catalog.to_jsonb(r) OPERATOR(pg_catalog.->>) 'prexcept', 'false')
        OPERATOR(pg_catalog.=) 'false'
    ORDER BY 1, 2
    """
  }
}
