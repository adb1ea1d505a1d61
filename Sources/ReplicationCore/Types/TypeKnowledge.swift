package import PGOutput

/// The definitions of types that a stream has needed.
///
/// No type is taken for another one or for a dropped one unless that is certain: rows can arrive
/// before other sessions see the transaction that created their types.
package struct TypeKnowledge: Sendable {
  package private(set) var types: TypeCatalog

  /// How long one call waits until other sessions see a transaction.
  private static let patience = Duration.seconds(10)

  package typealias LookUp =
    (Relation, inout TypeCatalog) async throws(ReplicationError) -> TypeLookupResult

  package init(_ types: TypeCatalog = TypeCatalog()) {
    self.types = types
  }

  /// Asks for the definitions that a table's columns need, repeatedly until the answer is certain.
  ///
  /// - Parameters:
  ///   - xid: The transaction that the table was sent in.
  ///   - isBinary: Whether values are sent in binary, for which all types have to be known. The
  ///     text of a type is its text, unless it is an array, whose name begins with `_`.
  ///   - pause: Waits before the next attempt.
  ///   - lookUp: Asks the server.
  /// - Returns: Whether anything was learnt.
  /// - Throws: ``ReplicationError/typeNotVisible(column:table:xid:)`` if the types may exist but
  ///   are not visible for ten seconds; what `pause` and `lookUp` throw.
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

  /// Adds types that were requested separately.
  ///
  /// - Returns: Whether one of them is new.
  package mutating func add(_ entries: [TypeCatalog.Entry]) -> Bool {
    entries.reduce(false) { types.insert($1) || $0 }
  }

  /// Records what is known from the start.
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
