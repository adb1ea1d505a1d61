internal import ChangeFormats
internal import PGOutput
internal import PGWire
internal import ReplicationCore

extension SubscriptionOutput {
  /// How often the server is asked again, a second apart, while it can't be.
  private static var attempts: Int { 10 }

  /// Asks what the catalog says of a table before its first row comes, if the format depends on it.
  mutating func describe(_ relation: Relation) async throws {
    guard options.describesTables else { return }
    // It may take a while.
    try writer.flush()
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
