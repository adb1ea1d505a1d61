package import PGOutput

/// What types are made of, as far as a stream has needed it.
///
/// No type is taken for another, nor for one that was dropped, as long as that isn't certain: rows
/// can come before other sessions see the transaction that has made their types.
package struct TypeKnowledge: Sendable {
  package private(set) var types: TypeCatalog

  /// How long one call waits for a transaction to be seen by others.
  private static let patience = Duration.seconds(10)

  package typealias LookUp =
    (Relation, inout TypeCatalog) async throws(ReplicationError) -> TypeLookupResult

  package init(_ types: TypeCatalog = TypeCatalog()) {
    self.types = types
  }

  /// Asks what a table's columns need, again and again until the answer is certain.
  ///
  /// - Parameters:
  ///   - xid: The transaction that the table came in.
  ///   - isBinary: Whether values come in binary, for which all types have to be known. The text of
  ///     a type is its text, unless it is an array, whose name begins with `_`.
  ///   - pause: How to wait.
  ///   - lookUp: Asks the server.
  /// - Returns: Whether anything was learnt.
  /// - Throws: ``ReplicationError/typeNotVisible(column:table:xid:)`` if the types may exist and
  ///   can't be seen for ten seconds; what `pause` and `lookUp` throw.
  package mutating func learn(
    _ relation: Relation, from xid: UInt32?, isBinary: Bool,
    pause: (Duration) async throws(ReplicationError) -> Void = sleep, _ lookUp: LookUp
  ) async throws(ReplicationError) -> Bool {
    let deadline = ContinuousClock.now + Self.patience
    var wait = Duration.milliseconds(20)
    var hasLearnt = false
    while true {
      let result = try await lookUp(relation, &types)
      hasLearnt = hasLearnt || result.hasLearnt
      guard !result.isCertain, let column = column(of: relation, isBinary) else { return hasLearnt }
      guard ContinuousClock.now < deadline else {
        throw .typeNotVisible(column: column, table: relation.qualifiedName, xid: xid)
      }
      try await pause(wait)
      wait = min(wait * 2, .seconds(1))
    }
  }

  /// Adds types that were asked for by themselves.
  ///
  /// - Returns: Whether one of them is new.
  package mutating func add(_ entries: [TypeCatalog.Entry]) -> Bool {
    entries.reduce(false) { types.insert($1) || $0 }
  }

  /// Notes what is known from the start.
  package mutating func note(serverVersion: Int?) {
    guard let serverVersion else { return }
    types.style.serverVersion = serverVersion
  }

  package static func sleep(_ time: Duration) async throws(ReplicationError) {
    do { try await Task.sleep(for: time) } catch { throw .cancelled }
  }

  /// The first column that can't be read without knowing its type.
  private func column(of relation: Relation, _ isBinary: Bool) -> Relation.Column? {
    relation.columns.first { column in
      guard case .named(let name) = column.type, !types.contains(column.typeOID) else {
        return false
      }
      return isBinary || name.name.hasPrefix("_")
    }
  }
}
