import PGOutput
public import ReplicationCore

/// Brings a table of prices into a file, exactly once.
public struct PriceConnector: Sendable {
  private let file: PriceFile

  public init(_ file: PriceFile) {
    self.file = file
  }

  /// Continues until the subscription is stopped, or can't continue.
  ///
  /// - Parameter subscription: With the file as the store of its checkpoint, and a publication that
  ///   has the table of prices alone.
  public func run(_ subscription: Subscription) async throws {
    try await subscription.runItems { item in
      switch item {
      case .rangeBegins(let chunk): try await apply(chunk)
      case .transaction(let transaction): try await apply(transaction)
      default: break
      }
    }
  }

  /// Takes all rows of the table, in place of what the file has.
  private func apply(_ chunk: SnapshotChunk) async throws {
    var prices = Prices()
    for try await batch in chunk.batches {
      try batch.forEachRow { row throws(RowError) in try prices.take(row) }
    }
    try await file.store(prices, chunk.checkpoint())
  }

  /// If the connection breaks in the middle, the changes throw, and nothing is stored.
  private func apply(_ transaction: ReplicationTransaction) async throws {
    var prices = await file.prices
    for try await change in transaction.changes { try prices.apply(change) }
    try await file.store(prices, transaction.checkpoint())
  }
}
