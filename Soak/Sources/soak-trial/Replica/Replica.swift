import PGOutput
import ReplicationCore

/// What a consumer has of all tables, by their oids.
///
/// It takes some hundred bytes a row, whatever the values are, so that memory tells of the library.
struct Replica: Sendable {
  var tables: [UInt32: HeldTable] = [:]

  /// The columns that are new to the replica in this shape of a table, and need values.
  func addedColumns(_ relation: Relation) -> [Relation.Column] {
    guard let table = tables[relation.oid], table.relation !== relation, table.rowCount > 0 else {
      return []
    }
    return table.addedColumns(relation)
  }

  /// Gives a table the shape that a change has.
  mutating func shape(_ relation: Relation, fill: [String: UInt64] = [:]) {
    guard let table = tables[relation.oid] else {
      tables[relation.oid] = HeldTable(relation)
      return
    }
    guard table.relation !== relation else { return }
    tables[relation.oid]?.reshape(relation, fill: fill)
  }

  /// Applies a change to a table that has the shape of the change.
  mutating func apply(_ operation: RowOperation) throws {
    switch operation {
    case .insert(let relation, let row): try tables[relation.oid]?.insert(row)
    case .update(let relation, let old, let new): try tables[relation.oid]?.update(old, new)
    case .delete(let relation, let row): try tables[relation.oid]?.delete(row)
    case .truncate(let relations):
      for relation in relations { tables[relation.oid]?.removeAll() }
    case .shape: break
    }
  }

  var rowCount: Int { tables.values.reduce(0) { $0 + $1.rowCount } }
}
