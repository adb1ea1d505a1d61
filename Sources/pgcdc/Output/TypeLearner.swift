internal import PGOutput
internal import ReplicationCore

/// What types are made of, as far as a stream has needed it.
///
/// No type is taken for another, nor for one that was dropped, as long as that isn't certain: rows
/// can come before other sessions see the transaction that has made their types.
struct TypeLearner {
  private(set) var types = TypeCatalog()

  /// How long is waited for a transaction to be seen by others.
  private static let patience = Duration.seconds(10)

  typealias LookUp = (Relation, inout TypeCatalog) async throws -> TypeLookupResult

  /// Asks what a table's columns need, again and again until the answer is certain.
  ///
  /// - Parameters:
  ///   - xid: The transaction that the table came in.
  ///   - isBinary: Whether values come in binary, for which all types have to be known. The text of
  ///     a type is its text, unless it is an array, whose name begins with `_`.
  /// - Returns: Whether anything was learnt.
  /// - Throws: If the types may exist and can't be seen for too long.
  mutating func learn(
    _ relation: Relation, from xid: UInt32?, isBinary: Bool, _ lookUp: LookUp
  ) async throws -> Bool {
    let deadline = ContinuousClock.now + Self.patience
    var pause = Duration.milliseconds(20)
    var hasLearnt = false
    while true {
      let result = try await lookUp(relation, &types)
      hasLearnt = hasLearnt || result.hasLearnt
      guard !result.isCertain, let column = column(of: relation, isBinary) else { return hasLearnt }
      guard ContinuousClock.now < deadline else {
        throw RuntimeFailure(
          "column \(column.name) of \(relation.qualifiedName): its type (oid \(column.typeOID), "
            + "\(column.type)) was made by transaction \(xid.map { "\($0)" } ?? "?"), which other "
            + "sessions don't see yet: it is prepared or not committed, or its commit waits for a "
            + "synchronous standby; run this again once it has ended, or stream without "
            + "--two-phase and --provisional")
      }
      try await Task.sleep(for: pause)
      pause = min(pause * 2, .seconds(1))
    }
  }

  /// Adds types that were asked for by themselves.
  ///
  /// - Returns: Whether one of them is new.
  mutating func add(_ entries: [TypeCatalog.Entry]) -> Bool {
    entries.reduce(false) { types.insert($1) || $0 }
  }

  /// Notes what is known from the start.
  mutating func note(serverVersion: Int?) {
    guard let serverVersion else { return }
    types.style.serverVersion = serverVersion
  }

  /// The first column that can't be written without knowing its type.
  private func column(of relation: Relation, _ isBinary: Bool) -> Relation.Column? {
    relation.columns.first { column in
      guard case .named(let name) = column.type, !types.contains(column.typeOID) else {
        return false
      }
      return isBinary || name.name.hasPrefix("_")
    }
  }
}
