public import PGOutput

extension Duplex {
  /// What the database's catalogue says of these types, and of all that they are made of.
  ///
  /// The stream names the types that aren't built in, but doesn't say what they are made of; a
  /// `TypeCatalog` that has learnt it decodes enums, composites, domains, ranges and arrays of them
  /// as what they are, in binary too. It is read as it is now, over a connection of its own (libpq)
  /// that is closed again; the stream may be behind. Ask once for each type that comes with a
  /// relation, and keep the answer: ``learnTypes(of:into:again:)`` does both.
  ///
  /// - Parameter oids: Types, `Relation.Column.typeOID` for example.
  /// - Returns: Those that there are. A type that was dropped meanwhile is no error, and neither is
  ///   one whose transaction others don't see yet, although the stream has brought it.
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

  /// Asks for what a catalogue doesn't know yet of a relation's columns: their types, and how many
  /// digits of a `money` are behind the point.
  ///
  /// Most often there is nothing, and nobody is asked. The stream doesn't tell of types that
  /// change: ask again if an enum's labels matter to you and a value has another. What a composite
  /// has got or lost shows in its values: `PostgresValueError.unknownType(oid:)` names the type
  /// that ``describeTypes(_:)`` tells of.
  ///
  /// - Parameter again: Whether to ask for those too that the catalogue knows.
  /// - Returns: Whether the catalogue has learnt anything.
  @discardableResult
  public func learnTypes(
    of relation: Relation, into catalog: inout TypeCatalog, again: Bool = false
  ) async throws(ReplicationError) -> Bool {
    try await lookUpTypes(of: relation, into: &catalog, again: again, from: nil).hasLearnt
  }

  /// The same, with an answer to whether what was not found doesn't exist.
  ///
  /// - Parameter xid: The transaction that the relation came in, which may have made its types.
  package func lookUpTypes(
    of relation: Relation, into catalog: inout TypeCatalog, again: Bool = false, from xid: UInt32?
  ) async throws(ReplicationError) -> TypeLookupResult {
    let wanted = again ? catalog.userTypes(of: relation) : catalog.unknownTypes(of: relation)
    guard !wanted.isEmpty || !catalog.isComplete(for: relation) else {
      return TypeLookupResult(hasLearnt: false, isCertain: true)
    }
    let style = catalog.style
    let (isCertain, entries, found) = try await withControlConnection(server) {
      control throws(ControlError) -> (Bool, [TypeCatalog.Entry], ValueTextStyle) in
      // Asked before the types: what has ended by then is seen by what comes after.
      let isCertain = try xid.map { xid throws(ControlError) in try !control.isInProgress(xid) }
      return (
        isCertain ?? true, wanted.isEmpty ? [] : try control.describeTypes(wanted),
        style.moneyScale == nil ? try control.valueStyle() : style
      )
    }
    var hasLearnt = style != found
    catalog.style = found
    for entry in entries where catalog.insert(entry) { hasLearnt = true }
    return TypeLookupResult(
      hasLearnt: hasLearnt, isCertain: isCertain || catalog.unknownTypes(of: relation).isEmpty)
  }

  /// The server's major version.
  package var serverMajorVersion: Int { ServerSetting.majorVersion(serverVersion) }

  /// Whether values come in binary.
  package var isBinary: Bool { pluginOptions["binary"] != nil }
}

/// What a look into the catalogue has brought.
package struct TypeLookupResult: Sendable {
  /// Whether the catalogue knows more than before.
  package let hasLearnt: Bool
  /// Whether a type that was not found doesn't exist any more; else it may be one that other
  /// sessions don't see yet.
  package let isCertain: Bool
}
