internal import PGOutput
internal import PGWire
internal import ReplicationCore

/// What the library asks about tables, for snapshots.
struct CatalogAnswers: Sendable {
  private let tables: [TableState]
  private let publications: [String]
  private let role: String

  /// - Parameters:
  ///   - seen: The tables that the session sees.
  ///   - publications: The publications, each of which has all tables.
  ///   - role: The role that asks.
  init(_ seen: DatabaseSnapshot, publications: [String], role: String) {
    tables = seen.tables
    self.publications = publications
    self.role = role
  }

  /// - Parameter values: The values in the question: for most a list of oids, `{1,2}`.
  func answer(_ question: ServerQuestion, _ values: [String]) -> ServerAnswer {
    let first = values.first ?? ""
    switch question {
    case .memberships: return memberships(of: first)
    case .tableDescriptions: return descriptions(of: asked(first))
    case .columns: return columns(of: asked(first))
    case .storage: return storage(of: asked(first))
    case .blocks: return .rows(["oid", "blocks"], asked(first).map { ["\($0.oid)", "1"] })
    case .fingerprints: return fingerprints(of: tables)
    case .fingerprint(let oid): return fingerprints(of: tables.filter { $0.oid == oid })
    case .currentMemberships:
      // The publications come before the tables.
      let list = values.last { $0.hasPrefix("{") } ?? ""
      return .rows(["relid", "memberships"], asked(list).map { ["\($0.oid)", Self.membership] })
    case .keys: return keys(of: asked(first))
    case .access:
      return .rows(
        ["relid", "role", "lockable", "secured"],
        asked(first).map { ["\($0.oid)", role, "t", "f"] })
    default: return statistics(of: asked(values.last ?? ""))
    }
  }

  /// The entry of the catalogue that makes the publications have a table.
  private static let membership = "1"

  /// The tables in a list of oids.
  private func asked(_ list: String) -> [TableState] {
    let oids = Set(list.split { !$0.isNumber }.compactMap { UInt32($0) })
    return tables.filter { oids.contains($0.oid) }
  }

  // MARK: Tables

  /// - Parameter list: Publications, `{"p","q"}`.
  private func memberships(of list: String) -> ServerAnswer {
    let asked = publications.filter { list.contains("\"\($0)\"") }
    let rows = tables.sorted { $0.table.qualifiedName < $1.table.qualifiedName }.flatMap { state in
      asked.map { publication -> [String?] in
        let numbers = state.table.columns.indices.map { "\($0 + 1)" }
        return [
          role, "\(state.oid)", state.table.schema, state.table.name, state.table.identityLetter,
          publication, "t", "t", "t", "t", nil, "t", numbers.joined(separator: ","),
        ]
      }
    }
    return .rows(
      [
        "role", "relid", "nspname", "relname", "relreplident", "pubname", "pubinsert", "pubupdate",
        "pubdelete", "pubtruncate", "filter", "schema_usable", "columns",
      ], rows)
  }

  private func columns(of tables: [TableState]) -> ServerAnswer {
    let rows = tables.flatMap { state in
      state.table.columns.enumerated().map { index, column -> [String?] in
        let type = column.catalogName
        return [
          "\(state.oid)", "\(index + 1)", column.name, "\(column.typeOID)",
          "\(column.typeModifier)", state.table.isIdentity(column) ? "t" : "f",
          "\(column.typeOID)", type.name, type.schema, "t",
        ]
      }
    }
    return .rows(
      [
        "relid", "attnum", "attname", "atttypid", "atttypmod", "key", "base", "base_name",
        "base_schema", "readable",
      ], rows)
  }

  private func descriptions(of tables: [TableState]) -> ServerAnswer {
    let rows = tables.flatMap { state in
      var place = 0
      return state.table.columns.map { column -> [String?] in
        if column.isKey { place += 1 }
        return [
          "\(state.oid)", column.name, column.isKey ? "t" : "f", nil,
          column.isKey ? "\(place)" : nil,
        ]
      }
    }
    return .rows(["relation", "name", "not_null", "expression", "key"], rows)
  }

  private func storage(of tables: [TableState]) -> ServerAnswer {
    .rows(
      [
        "relid", "oid", "nspname", "relname", "relkind", "heap", "usable", "readable", "estimate",
        "foreign_code",
      ],
      tables.map { state in
        [
          "\(state.oid)", "\(state.oid)", state.table.schema, state.table.name, "r", "t", "t", "t",
          "\(state.rows.count)", "f",
        ]
      })
  }

  // MARK: Ranges

  private func fingerprints(of tables: [TableState]) -> ServerAnswer {
    .rows(
      ["relid", "fingerprint", "memberships"],
      tables.map { ["\($0.oid)", "\($0.table)", Self.membership] })
  }

  /// The columns of each key; none of a table that is read as one range.
  private func keys(of tables: [TableState]) -> ServerAnswer {
    let rows = tables.filter(\.table.hasOrderedKey).flatMap { state in
      state.table.columns.filter(\.isKey).map { column -> [String?] in
        ["\(state.oid)", column.name, nil, nil, "t", "t"]
      }
    }
    return .rows(
      ["relid", "attname", "collname", "collation_schema", "compares_bytes", "carried"], rows)
  }

  private func statistics(of tables: [TableState]) -> ServerAnswer {
    let rows = tables.reduce(0) { $0 + $1.rows.count }
    return .rows(
      ["bytes", "tuples", "bounds"], [["\(rows * DatabaseSnapshot.bytesPerRow)", "\(rows)", nil]])
  }
}

extension DatabaseSnapshot {
  /// The bytes that each row counts as where ranges are planned.
  static let bytesPerRow = 64

  /// A snapshot that sees all that has committed, and the end of the log.
  var readPoint: ServerAnswer {
    .rows(
      ["standby", "snapshot", "insert_lsn", "flush_lsn", "page"],
      [["f", "\(nextXID):\(nextXID):", "\(written)", "\(written)", "1"]])
  }
}

extension TestTable {
  /// The replica identity as the catalogue has it.
  fileprivate var identityLetter: String {
    String(decoding: [replicaIdentity.rawValue], as: UTF8.self)
  }
}

extension TestTable.Column {
  /// The type by its name and schema.
  fileprivate var catalogName: (schema: String, name: String) {
    if let typeName { return (typeName.namespace, typeName.name) }
    if let type = BuiltinType(oid: typeOID) { return ("pg_catalog", type.rawValue) }
    if let type = BuiltinType(arrayOID: typeOID) { return ("pg_catalog", "_\(type.rawValue)") }
    return ("pg_catalog", "unknown")
  }
}
