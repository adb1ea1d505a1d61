public import PGOutput

extension Duplex {
  /// What the database's catalogue says of these types, and of all that they are made of.
  ///
  /// The stream names the types that aren't built in, but doesn't say what they are made of; a
  /// `TypeCatalog` that has learnt it decodes enums, composites, domains, ranges and arrays of them
  /// as what they are, in binary too. It is read as it is now, over a connection of its own (libpq)
  /// that is closed again; the stream may be behind. Ask once for each type that comes with a
  /// relation, and keep the answer: ``learnTypes(of:into:)`` does both.
  ///
  /// - Parameter oids: Types, `Relation.Column.typeOID` for example.
  /// - Returns: Those that there are. A type that was dropped meanwhile is no error.
  /// - Throws: ``ReplicationError`` if the server can't be asked.
  ///
  /// PostgreSQL: <https://www.postgresql.org/docs/current/catalog-pg-type.html>
  public func describeTypes(_ oids: [UInt32]) async throws(ReplicationError)
    -> [TypeCatalog.Entry]
  {
    guard !oids.isEmpty else { return [] }
    return try await withControlConnection(server) { control throws(ControlError) in
      try control.describeTypes(oids)
    }
  }

  /// Asks for those types of a relation's columns that a catalogue doesn't know yet.
  ///
  /// Most often there are none, and nobody is asked. The stream doesn't tell of types that change:
  /// ask again if an enum's labels matter to you and a value has another. What a composite has got
  /// or lost shows in its values: `PostgresValueError.unknownType(oid:)` names the type that
  /// ``describeTypes(_:)`` tells of.
  ///
  /// - Parameter again: Whether to ask for those too that the catalogue knows.
  /// - Returns: Whether the catalogue has learnt anything.
  @discardableResult
  public func learnTypes(
    of relation: Relation, into catalog: inout TypeCatalog, again: Bool = false
  ) async throws(ReplicationError) -> Bool {
    let wanted = again ? catalog.userTypes(of: relation) : catalog.unknownTypes(of: relation)
    let before = catalog
    for entry in try await describeTypes(wanted) { catalog.insert(entry) }
    return catalog != before
  }
}
