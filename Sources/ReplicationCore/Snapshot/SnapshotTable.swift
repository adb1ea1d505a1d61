public import PGOutput
internal import PGWire

/// A table of a snapshot: what the publications let a stream deliver of it.
///
/// A partitioned table whose partitions are published as themselves is none; its partitions are.
public struct SnapshotTable: Sendable {
  /// The shape of its rows, as a stream would describe it.
  ///
  /// Only published columns are part of it.
  public let relation: Relation
  /// The condition that its rows fulfil, as SQL: the row filters of the publications.
  ///
  /// Since server 15.
  public let rowFilter: String?
  /// About how many rows there are, from the statistics of the last ANALYZE or VACUUM; a row filter
  /// is not reckoned with.
  public let estimatedRows: Int64?
  /// Whether every type of its columns has a binary form that is known here.
  public let hasBinaryForm: Bool
  /// What the types of its columns are made of.
  public let types: TypeCatalog
  /// What has to be granted before this role can read it, as SQL; `nil` if nothing has.
  public let missingGrant: String?
  /// Where the rows lie: the table itself, or the partitions of a root.
  let storage: [Storage]
  /// Whether some of its partitions are foreign tables, of which a stream delivers nothing.
  var hasForeignParts = false

  /// A table that holds rows.
  struct Storage: Sendable {
    let oid: UInt32
    let schema: String
    let name: String
    /// Whether its rows lie in numbered blocks.
    let isHeap: Bool
    let isReadable: Bool
    let estimatedRows: Int64?
    /// Whether planning a query of it could run functions of a role that we don't trust.
    let hasForeignCode: Bool
  }
}

extension SnapshotTable {
  /// The name for SQL, quoted.
  public var qualifiedName: String {
    "\(Identifier.quote(relation.namespace)).\(Identifier.quote(relation.name))"
  }
}
