import PGOutput
import ReplicationCore

/// What an article costs.
public struct Price: Hashable, Codable, Sendable {
  public var cents: Int64
  public var description: String?

  public init(cents: Int64, description: String?) {
    self.cents = cents
    self.description = description
  }
}

/// The prices by their articles: what the connector makes of the table
/// `prices (article text PRIMARY KEY, cents bigint NOT NULL, description text)`.
public struct Prices: Hashable, Codable, Sendable {
  public private(set) var byArticle: [String: Price] = [:]

  mutating func apply(_ change: TransactionChange) throws {
    switch change {
    case .insert(let row): try row.withRow { try take($0) }
    case .update(let row):
      // The old row comes if the key has changed. The price moves with it first: a long description
      // that is still the same is not sent.
      let old = try row.withOldRow { try Self.article(of: $0) }
      if let old, let price = byArticle.removeValue(forKey: old) {
        let new = try row.withRow { try Self.article(of: $0) }
        byArticle[new] = price
      }
      try row.withRow { try take($0) }
    case .delete(let row):
      let article = try row.withRow { try Self.article(of: $0) }
      byArticle[article] = nil
    case .truncate: byArticle = [:]
    // What describes the table, and logical messages.
    default: break
    }
  }

  /// Takes a row of the stream or of a snapshot.
  mutating func take(_ row: RowView) throws(RowError) {
    let article = try Self.article(of: row)
    var price = Price(
      cents: try row["cents", as: Int64.self], description: byArticle[article]?.description)
    if let index = row.index(of: "description"), row.isKnown(index) {
      price.description = try row[index, as: String?.self]
    }
    byArticle[article] = price
  }

  private static func article(of row: RowView) throws(RowError) -> String {
    try row["article", as: String.self]
  }
}
