public import PGOutput

extension Duplex {
  /// The definitions of these types, and of all types that they consist of, from the database's
  /// catalog.
  ///
  /// The stream names types that aren't built in, but does not define them. A `TypeCatalog` with
  /// their definitions decodes enums, composites, domains, ranges and arrays of them as such, in
  /// binary too. The current catalog is read over a separate connection (libpq) that is closed
  /// afterwards; the stream may be behind. Ask once for each type of a relation, and keep the
  /// answer: ``learnTypes(of:into:asksAgain:)`` does both.
  ///
  /// - Parameter oids: Types, `Relation.Column.typeOID` for example.
  /// - Returns: The types that exist. A type that was dropped since is not an error, and neither is
  ///   one that other sessions don't see yet although the stream has delivered its transaction.
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

  /// Asks the server for the definitions of a relation's column types that a catalog does not have
  /// yet, and for the number of decimals of `money`.
  ///
  /// Usually nothing is missing, and the server is not asked. The stream does not report types that
  /// change: ask again if an enum's labels matter to you and a value has an unknown label. Fields
  /// that a composite gained or lost show in its values: `PostgresValueError.unknownType(oid:)`
  /// names the type to look up with ``describeTypes(_:)``.
  ///
  /// - Parameter asksAgain: Whether to ask also for types that the catalog already has.
  /// - Returns: Whether the catalog has learnt anything.
  @discardableResult
  public func learnTypes(
    of relation: Relation, into catalog: inout TypeCatalog, asksAgain: Bool = false
  ) async throws(ReplicationError) -> Bool {
    try await lookUpTypes(of: relation, into: &catalog, again: asksAgain, from: nil).hasLearnt
  }

  /// The same; the result also says whether types that were not found really don't exist.
  ///
  /// - Parameter xid: The transaction that the relation was sent in, which may have created its
  ///   types.
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
      // Asked before the types: if the transaction has ended by then, the later query sees its
      // types.
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

  /// Whether values are sent in binary.
  package var isBinary: Bool { pluginOptions["binary"] != nil }
}

/// The result of a lookup in the catalog.
package struct TypeLookupResult: Sendable {
  /// Whether the `TypeCatalog` has more definitions than before.
  package let hasLearnt: Bool
  /// Whether a type that was not found no longer exists; otherwise it may be one that other
  /// sessions don't see yet.
  package let isCertain: Bool
}
