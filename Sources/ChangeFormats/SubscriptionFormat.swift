internal import PGOutput
internal import PGWire
package import ReplicationCore

/// A format for what a subscription delivers, with what the database has to be asked for it: the
/// definitions of types, and what only the catalog says of tables.
package struct SubscriptionFormat<Format: ChangeFormat>: Sendable {
  package let subscription: Subscription
  /// The format.
  package var format: Format
  private let describesTables: Bool
  private var knowledge: TypeKnowledge
  /// The tables that the catalog was asked about.
  private var described: Set<UInt32> = []

  /// How often the server is asked again, a second apart, while it can't be.
  private static var attempts: Int { 10 }

  package init(_ format: Format, of subscription: Subscription, describesTables: Bool) {
    self.format = format
    self.subscription = subscription
    self.describesTables = describesTables
    knowledge = TypeKnowledge(format.types)
  }

  /// Takes in what is known of the server from the start; to be called before anything is appended.
  package mutating func noteServerVersion() {
    guard knowledge.types.style.serverVersion == nil else { return }
    knowledge.note(serverVersion: subscription.serverMajorVersion)
    format.types = knowledge.types
  }

  /// Takes in what a change says of its table, and asks what it does not say; that may take a
  /// while.
  package mutating func prepare(
    for change: TransactionChange, of transaction: ReplicationTransaction
  ) async throws {
    guard case .relation(let change) = change else { return }
    try await learnTypes(of: change.relation, from: transaction.xid)
    try await describe(change.relation)
  }

  /// Takes in what reading a table has learnt of it, and asks for the rest.
  package mutating func prepare(for chunk: SnapshotChunk) async throws {
    noteServerVersion()
    let table = chunk.table
    if !knowledge.types.isComplete(for: table.relation),
      knowledge.add(Array(table.types.types))
    {
      format.types = knowledge.types
    }
    guard !described.contains(table.relation.oid) else { return }
    try await describe(table.relation)
  }

  /// Looks up the type that a value could not be written without.
  ///
  /// - Throws: The error, if that is not its reason, or the lookup tells nothing new.
  package mutating func lookUpType(missingIn error: FormatError) async throws {
    guard case .value(.unknownType(let oid), _, _, _, _) = error else { throw error }
    guard knowledge.add(try await subscription.describeTypes([oid])) else { throw error }
    format.types = knowledge.types
  }

  /// Asks what the types of a table's columns are made of, before its first row comes.
  private mutating func learnTypes(
    of relation: Relation, from xid: UInt32
  ) async throws {
    guard !knowledge.types.isComplete(for: relation) else { return }
    let subscription = subscription
    let hasLearnt = try await knowledge.learn(
      relation, from: xid, isBinary: subscription.params.prefersBinary
    ) { relation, types throws(ReplicationError) in
      try await subscription.lookUpTypes(of: relation, into: &types, from: xid)
    }
    if hasLearnt { format.types = knowledge.types }
  }

  /// Asks what the catalog says of a table before its first row comes, if the format depends on it.
  private mutating func describe(_ relation: Relation) async throws {
    guard describesTables else { return }
    for attempt in 1... {
      do throws(ReplicationError) {
        for table in try await subscription.describeTables([relation.oid]) {
          format.describe(table)
        }
        described.insert(relation.oid)
        return
      } catch {
        guard error.category == .transient, attempt < Self.attempts else { throw error }
      }
      try await Task.sleep(for: .seconds(1))
    }
  }
}
