internal import PGOutput

extension Client {
  /// The same tables, with what their types are made of; the catalogue is asked if need be.
  func describingTypes(
    of tables: [SnapshotTable], serverVersion: Int
  ) async throws(ReplicationError) -> [SnapshotTable] {
    var types = TypeCatalog()
    let unknown = Set(tables.flatMap { types.unknownTypes(of: $0.relation) }).sorted()
    types.style.serverVersion = serverVersion
    if !tables.allSatisfy({ types.isComplete(for: $0.relation) }) {
      let (entries, style) = try await withControl { control throws(ControlError) in
        (unknown.isEmpty ? [] : try control.describeTypes(unknown), try control.valueStyle())
      }
      types.style = style
      for entry in entries { types.insert(entry) }
    }
    return tables.map { $0.knowing(types) }
  }
}

extension SnapshotTable {
  fileprivate func knowing(_ types: TypeCatalog) -> SnapshotTable {
    SnapshotTable(
      relation: relation, rowFilter: rowFilter, estimatedRows: estimatedRows,
      hasBinaryForm: relation.columns.allSatisfy { types.type(of: $0).hasKnownBinary },
      types: types, missingGrant: missingGrant, storage: storage,
      hasForeignParts: hasForeignParts)
  }
}
