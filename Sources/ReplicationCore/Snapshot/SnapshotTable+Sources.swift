internal import PGOutput
internal import PGWire

extension SnapshotTable {
  /// What a COPY reads from, as its FROM clause names it.
  struct Source: Sendable {
    /// Its OID, or that of the root that is read as a whole.
    let oid: UInt32
    /// The name, quoted, with ONLY in front unless partitions are to be read too.
    let name: SQL
    /// Where the rows lie; `nil` for a root that is read as a whole.
    let part: Storage?
    /// Which rows of it are streamed, where those are not all.
    let condition: SQL?
    /// Whether it must be read without the server's planner, which would run functions of others
    /// with our rights: those in expressions of indexes and of extended statistics.
    var avoidsPlanner = false
  }

  /// The relations that hold its rows and that the planner must not see.
  var partsWithForeignCode: [String] {
    storage.filter(\.hasForeignCode).map {
      "\(Identifier.quote($0.schema)).\(Identifier.quote($0.name))"
    }
  }

  /// Refuses what can't be read without the planner, and must not be read with it.
  func refuseForeignCode() throws(ReplicationError) {
    let parts = partsWithForeignCode
    guard !parts.isEmpty, rowFilter != nil || !storage.allSatisfy(\.isReadable) else { return }
    throw .snapshotRefused(.runsForeignCode(parts))
  }

  /// What the rows are read from: each relation that holds some, or the root as a whole if the role
  /// may read that and not its partitions.
  func sources() throws(ReplicationError) -> [Source] {
    guard storage.allSatisfy(\.isReadable) else {
      let parts = storage.map { String($0.oid) }.joined(separator: ",")
      return [
        Source(
          oid: relation.oid,
          name: "\(try Identifier(relation.namespace)).\(try Identifier(relation.name))", part: nil,
          condition: """
            tableoid OPERATOR(pg_catalog.=) \
            ANY (\(try Literal("{\(parts)}"))::pg_catalog.oid[])
            """)
      ]
    }
    var sources: [Source] = []
    for part in storage {
      sources.append(
        Source(
          oid: part.oid, name: try Self.only(part.schema, part.name), part: part, condition: nil,
          avoidsPlanner: part.hasForeignCode))
    }
    return sources
  }

  /// What has to be locked so that neither the rows nor the shape can be changed: what the rows are
  /// read from, and the root of partitions.
  func locked() throws(ReplicationError) -> [Source] {
    let sources = try sources()
    guard !sources.contains(where: { $0.oid == relation.oid }) else { return sources }
    let root = Source(
      oid: relation.oid, name: try Self.only(relation.namespace, relation.name), part: nil,
      condition: nil, avoidsPlanner: true)
    return [root] + sources
  }

  private static func only(
    _ schema: String, _ name: String
  ) throws(ReplicationError) -> SQL {
    "ONLY \(try Identifier(schema)).\(try Identifier(name))"
  }
}
