/// Why a ``TestDatabase`` refuses what a test wants.
@nonexhaustive public enum TestDatabaseError: Error, Hashable, Sendable {
  /// There is no table of this name.
  case noTable(String)
  /// The table has no column of this name.
  case noColumn(String, table: String)
  /// Another row has the same key.
  case duplicateKey(table: String)
  /// Updates and deletes of the table can't be published: it has no key, or its replica identity is
  /// `nothing`.
  case noReplicaIdentity(table: String)
  /// There is a slot of this name.
  case slotExists(String)
  /// There is no slot of this name.
  case noSlot(String)
  /// The recording is of another plugin than pgoutput.
  case foreignPlugin(String)
}

extension TestDatabaseError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noTable(let name): "there is no table \(name) in the test's database"
    case .noColumn(let name, let table): "\(table) has no column \(name)"
    case .duplicateKey(let table): "another row of \(table) has the same key"
    case .noReplicaIdentity(let table):
      "updates and deletes of \(table) can't be published: it has no key, or its replica identity "
        + "is nothing"
    case .slotExists(let name): "there is a slot \"\(name)\" already"
    case .noSlot(let name): "there is no slot \"\(name)\""
    case .foreignPlugin(let plugin): "the recording is of \(plugin), not of pgoutput"
    }
  }
}
