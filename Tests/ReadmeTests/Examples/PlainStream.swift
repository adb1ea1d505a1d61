import PGOutput
import ReplicationCore

func printInserts(url: String) async throws {
  var params = try ReplicationParams(url: url, slot: "my_slot", publications: ["my_publication"])
  params.createsSlot = true
  let client = try Client(params)
  try await client.ensureSlot()
  let duplex = try await client.startReplication()
  var decoder = PgOutputDecoder()
  for try await event in duplex {
    switch event {
    case .xLogData(let data):
      try data.payload.withBytes { bytes throws(PgOutputError) in
        try decoder.decode(bytes, at: data.start) { message in
          guard case .insert(let relation, let row) = message else { return }
          print("a row of \(row.columnCount) columns in \(relation.qualifiedName)")
        }
      }
    case .commit(let commit):  // Everything up to here is durable: the slot may move.
      duplex.sendStatusUpdate(flush: commit.endLSN)
    default: break
    }
  }
  await duplex.close()
}
