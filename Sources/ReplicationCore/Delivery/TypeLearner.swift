internal import PGOutput
internal import PGWire

/// Asks the server for the definitions of tables' types, before their rows are read.
struct TypeLearner: Sendable {
  private let isEnabled: Bool
  private let reconnect: ReconnectPolicy
  private var knowledge: TypeKnowledge
  /// Whether the server has answered for the step that comes next.
  private var hasAsked = false

  init(_ options: SubscriptionOptions) {
    isEnabled = options.learnsTypes
    reconnect = options.reconnect
    knowledge = TypeKnowledge(options.types)
  }

  /// Whether a step that describes a table has to be checked before it is delivered.
  @inline(__always)
  var looksAtTables: Bool { isEnabled && !hasAsked }

  /// Whether the server has to be asked about a table before the step that describes it is
  /// delivered.
  func isNeeded(for relation: Relation) -> Bool {
    looksAtTables && !knowledge.types.isComplete(for: relation)
  }

  /// The step was delivered.
  mutating func tookStep() {
    hasAsked = false
  }

  /// Asks for a table's types, repeatedly if the server can't be asked, or while other sessions
  /// can't see the transaction yet that created them.
  ///
  /// - Parameter xid: The transaction that the table's description arrived in.
  /// - Returns: The readers for rows from here on; `nil` if there is nothing new.
  mutating func learn(
    _ relation: Relation, of xid: UInt32?, from stream: Duplex, _ control: SubscriptionControl,
    until deadline: ContinuousClock.Instant?
  ) async throws(ReplicationError) -> RowReaders? {
    var attempts = Attempts(reconnect, now: .now())
    while true {
      do throws(ReplicationError) {
        let hasLearnt = try await knowledge.learn(
          relation, from: xid, isBinary: stream.isBinary,
          pause: { time throws(ReplicationError) in try await control.pause(time, until: deadline) }
        ) { relation, types throws(ReplicationError) in
          try await stream.lookUpTypes(of: relation, into: &types, from: xid)
        }
        hasAsked = true
        return hasLearnt ? RowReaders(knowledge.types) : nil
      } catch {
        guard error.category == .transient, !control.isStopped,
          let wait = attempts.wait(forSlot: false, now: .now())
        else { throw error }
        try await control.pause(wait, until: deadline)
      }
    }
  }
}
