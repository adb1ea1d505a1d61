import PGOutput
import ReplicationCore

func copyThenStream(_ client: Client) async throws -> Duplex {
  let start = try await client.withExportedSnapshot { snapshot in
    try await snapshot.read(try await snapshot.tables()) { event in
      switch event {
      case .rows(let batch):  // In any order: several connections read at the same time.
        try batch.forEachRow { row throws(RowError) in
          print(row.relation.name, try row["id", as: Int64.self])
        }
      case .end(let table, let count): print("\(table.qualifiedName) is whole: \(count) rows")
      @unknown default: break
      }
    }
    return snapshot.consistentPoint
  }
  return try await client.startReplication(from: start)
}
