import PGWire

/// The shape of a table at one point in the log.
///
///     Relation  R | [xid 4] | oid 4 | namespace …0 | name …0 | replica identity 1 | count 2
///                 | count × column
///     column    flags 1 (1 = key) | name …0 | type oid 4 | type modifier 4
///
/// The xid is there only inside a streamed block. A relation never changes: a Relation message with
/// other content creates another object, one with the same content does not; so `===` shows whether
/// something that was prepared for a relation is still valid. Its columns are those that are
/// published, in the order of every tuple; dropped ones are absent.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>
public final class Relation: Sendable {
  /// The table's oid, which stays when the table is renamed.
  public let oid: UInt32
  /// The schema, in full: the wire's empty name stands for `pg_catalog`.
  public let namespace: String
  /// The table's name, without its schema.
  public let name: String
  /// What updates and deletes say about the old row.
  public let replicaIdentity: ReplicaIdentity
  /// The published columns, in the order of every tuple.
  public let columns: [Column]

  /// What an update or a delete sends of the old row.
  public enum ReplicaIdentity: UInt8, Hashable, Sendable {
    /// The primary key, or nothing without one.
    case `default` = 0x64  // d
    /// Nothing. The server refuses updates and deletes that a publication includes.
    case nothing = 0x6E  // n
    /// All columns.
    case full = 0x66  // f
    /// The columns of a chosen unique index.
    case index = 0x69  // i
  }

  /// One column, as the Relation message describes it.
  public struct Column: Hashable, Sendable {
    /// The column's name.
    public let name: String
    /// Whether it is part of the replica identity; with a full one all columns are.
    public let isKey: Bool
    /// The oid of the type, or of the domain.
    public let typeOID: UInt32
    /// What the type was declared with, such as a length: `atttypmod`, -1 without one.
    public let typeModifier: Int32
    /// What the oid stands for, with a domain resolved to its base type.
    public let type: ColumnType

    /// A column restored from where it was stored.
    ///
    /// - Parameter type: By default the type that the oid alone identifies; a type that isn't built
    ///   in is then unknown.
    public init(
      name: String, isKey: Bool, typeOID: UInt32, typeModifier: Int32, type: ColumnType? = nil
    ) {
      self.name = name
      self.isKey = isKey
      self.typeOID = typeOID
      self.typeModifier = typeModifier
      self.type = type ?? ColumnType(oid: typeOID, name: nil)
    }
  }

  /// A shape restored from where it was stored, to be compared with what a stream describes.
  ///
  /// A new stream describes what a table looks like now, not what it looked like when the previous
  /// stream ended. If you store the shapes of tables beside their rows, ``difference(from:)`` finds
  /// what was altered in between.
  public init(
    oid: UInt32, namespace: String, name: String, replicaIdentity: ReplicaIdentity,
    columns: [Column]
  ) {
    self.oid = oid
    self.namespace = namespace
    self.name = name
    self.replicaIdentity = replicaIdentity
    self.columns = columns
  }

  /// - Parameters:
  ///   - body: What follows the letter, and the xid if there is one.
  ///   - types: The names of those types that aren't built in.
  init(body: Span<UInt8>, types: [UInt32: TypeName]) throws(WireError) {
    var rest = body
    oid = try rest.readUInt32()
    namespace = try rest.readNamespace()
    name = try rest.readCString()
    let identity = try rest.readUInt8()
    guard let replicaIdentity = ReplicaIdentity(rawValue: identity) else {
      throw .invalidValue(field: "replica identity", value: Int64(identity))
    }
    self.replicaIdentity = replicaIdentity
    let count = try rest.readInt16()
    guard count >= 0 else { throw .invalidValue(field: "column count", value: Int64(count)) }
    guard Int(count) <= rest.count / Column.leastBytes else {
      throw .truncated(needed: Int(count) * Column.leastBytes, available: rest.count)
    }
    var columns: [Column] = []
    columns.reserveCapacity(Int(count))
    for _ in 0..<count { columns.append(try Column(decoding: &rest, types: types)) }
    try rest.expectEnd()
    self.columns = columns
  }
}

extension Relation {
  /// The name with its schema, unquoted: for messages to people.
  public var qualifiedName: String { "\(namespace).\(name)" }
}

extension Relation.Column {
  /// The length of a column whose name is empty.
  fileprivate static let leastBytes = 10

  /// A column as the catalogue describes it.
  ///
  /// - Parameter typeName: What a Type message would contain for the type.
  package init(
    name: String, isKey: Bool, typeOID: UInt32, typeModifier: Int32, typeName: TypeName?
  ) {
    self.name = name
    self.isKey = isKey
    self.typeOID = typeOID
    self.typeModifier = typeModifier
    type = ColumnType(oid: typeOID, name: typeName)
  }

  fileprivate init(
    decoding bytes: inout Span<UInt8>, types: [UInt32: TypeName]
  ) throws(WireError) {
    isKey = try bytes.readUInt8() & 1 != 0
    name = try bytes.readCString()
    typeOID = try bytes.readUInt32()
    typeModifier = try bytes.readInt32()
    type = ColumnType(oid: typeOID, name: types[typeOID])
  }
}
