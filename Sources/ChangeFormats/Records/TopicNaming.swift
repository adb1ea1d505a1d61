/// The names of the topics that records go to.
///
/// By default they are Debezium's: with the prefix `shop`, `shop.public.orders` for the table
/// `public.orders`, `shop.transaction` and `shop.message`. A table's name is made once, not for
/// each record.
public struct TopicNaming: Sendable {
  /// The name for records about transactions.
  public let transactions: String
  /// The name for logical messages.
  public let messages: String
  private let table: @Sendable (_ schema: String, _ table: String) -> String

  /// The most characters that a name has, which is Kafka's limit.
  static let maxCount = 249

  /// Names as Debezium gives them: prefix, schema and table with a dot between.
  ///
  /// A character other than `A` to `Z`, `a` to `z`, `0` to `9`, dot, hyphen and underscore becomes
  /// an underscore, so two tables may share a topic: `"a b"` and `a_b`.
  ///
  /// - Parameter prefix: What Debezium calls `topic.prefix`; without one names begin with the
  ///   schema.
  public init(prefix: String) {
    self.init(
      transactions: Self.joined([prefix, "transaction"]),
      messages: Self.joined([prefix, "message"])
    ) { schema, table in Self.joined([prefix, schema, table]) }
  }

  /// Names of your own.
  ///
  /// - Parameter table: Returns the name for a table's records.
  public init(
    transactions: String, messages: String,
    table: @escaping @Sendable (_ schema: String, _ table: String) -> String
  ) {
    self.transactions = transactions
    self.messages = messages
    self.table = table
  }

  /// The name for a table's records.
  public func name(schema: String, table: String) -> String { self.table(schema, table) }

  /// The parts with dots between, without those that are blank, in characters that Kafka takes.
  private static func joined(_ parts: [String]) -> String {
    let name = parts.filter { !$0.allSatisfy(\.isWhitespace) }.joined(separator: ".")
    if name == "." || name == ".." { return name.replacing(".", with: "_") }
    // Debezium replaces each half of a surrogate pair.
    let underscore = UInt8(ascii: "_")
    let units = name.utf16.prefix(maxCount).map { $0.isInTopicNames ? UInt8($0) : underscore }
    return String(decoding: units, as: UTF8.self)
  }
}

extension UInt16 {
  /// Whether a character may be part of a topic's name.
  fileprivate var isInTopicNames: Bool {
    switch self {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
    default: false
    }
  }
}
