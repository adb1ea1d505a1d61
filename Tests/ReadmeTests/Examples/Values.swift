import CDCTime
import PGOutput
import PGWire

struct PricedOrder: Decodable {
  let id: Int64
  let total: PostgresNumeric
  let createdAt: PostgresTimestamp
  let note: String?

  init(_ row: RowView) throws(RowError) {
    id = try row["id"]
    total = try row["total"]
    createdAt = try row["created_at"]
    note = try row["note"]
  }
}

func visit(_ message: PgOutputMessage, at lsn: LSN, _ rows: RowReader) throws(RowError) {
  switch message {
  case .insert(let relation, let new):
    try rows.read(new, of: relation, at: lsn) { row throws(RowError) in
      print("a new order:", try PricedOrder(row))
    }
  case .update(let relation, let old, let new):
    // Filled from the old row where that has what the new one lacks.
    try rows.read(new, old: old, of: relation, at: lsn) { row throws(RowError) in
      if case .unchanged = try row.columnValue("note", as: String.self) {
        print("order \(try row["id", as: Int64.self]): the note stays as it is")
      }
    }
  default: break
  }
}

func decode(_ row: RowView) throws -> PricedOrder {
  try row.decode(PricedOrder.self, keys: .convertFromSnakeCase)
}
