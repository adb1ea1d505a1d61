internal import PGOutput
internal import PGWire

/// Asks the server what the types of tables are made of, before their rows are read.
struct TypeLearner: Sendable {
  private let isEnabled: Bool
  private let reconnect: ReconnectPolicy
  private var catalog: TypeCatalog
  /// Whether the server has answered for the step that comes next.
  private var hasAsked = false

  init(_ options: SubscriptionOptions) {
    isEnabled = options.learnsTypes
    reconnect = options.reconnect
    catalog = options.types
  }

  /// Whether a table has to be asked for before the step that describes it is delivered.
  @inline(__always)
  func isNeeded(for relation: @autoclosure () -> Relation?) -> Bool {
    guard isEnabled, !hasAsked, let relation = relation() else { return false }
    return !catalog.isComplete(for: relation)
  }

  /// The step was delivered.
  mutating func tookStep() {
    hasAsked = false
  }

  /// Asks for a table's types, again and again if the server can't be asked.
  ///
  /// - Returns: What rows are read with from here on; `nil` if there is nothing new.
  mutating func learn(
    _ relation: Relation, from stream: Duplex, _ control: SubscriptionControl,
    until deadline: ContinuousClock.Instant?
  ) async throws(ReplicationError) -> RowReaders? {
    var attempts = Attempts(reconnect, now: .now())
    while true {
      do throws(ReplicationError) {
        let hasLearnt = try await stream.learnTypes(of: relation, into: &catalog)
        hasAsked = true
        return hasLearnt ? RowReaders(catalog) : nil
      } catch {
        guard error.isTransient, !control.isStopped,
          let wait = attempts.wait(forSlot: false, now: .now())
        else { throw error }
        try await control.pause(wait, until: deadline)
      }
    }
  }
}
