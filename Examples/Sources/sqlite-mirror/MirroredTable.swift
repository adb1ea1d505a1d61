import GRDB
import PGOutput

/// A table as the mirror knows it: its shape in PostgreSQL when its last change came.
///
/// It is kept in the file, since a stream that is opened anew tells how a table looks, and not how
/// it looked before: a column that was renamed in between could not be told from one that was
/// dropped and another that was added.
struct MirroredTable: Codable, FetchableRecord, PersistableRecord {
  static let databaseTableName = "_mirror_tables"
  static let schema = """
    CREATE TABLE IF NOT EXISTS _mirror_tables (
      oid INTEGER PRIMARY KEY,
      sqliteName TEXT NOT NULL UNIQUE,
      namespace TEXT NOT NULL,
      name TEXT NOT NULL,
      identity INTEGER NOT NULL,
      columns TEXT NOT NULL
    );

    """

  struct Column: Codable {
    let name: String
    let isKey: Bool
    let typeOID: UInt32
    let typeModifier: Int32
  }

  /// The table's oid, which outlives its names.
  let oid: UInt32
  var sqliteName: String
  let namespace: String
  let name: String
  let identity: UInt8
  let columns: [Column]

  init(_ relation: Relation) {
    oid = relation.oid
    sqliteName = relation.qualifiedName
    namespace = relation.namespace
    name = relation.name
    identity = relation.replicaIdentity.rawValue
    columns = relation.columns.map {
      Column(
        name: $0.name, isKey: $0.isKey, typeOID: $0.typeOID, typeModifier: $0.typeModifier)
    }
  }

  /// What it was told as.
  var relation: Relation {
    Relation(
      oid: oid, namespace: namespace, name: name,
      replicaIdentity: Relation.ReplicaIdentity(rawValue: identity) ?? .nothing,
      columns: columns.map {
        Relation.Column(
          name: $0.name, isKey: $0.isKey, typeOID: $0.typeOID, typeModifier: $0.typeModifier)
      })
  }
}
