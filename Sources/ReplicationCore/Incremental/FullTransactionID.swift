/// A transaction's id with its epoch: 64 bits, which never come round.
///
/// The stream has only the lower 32 bits. They are completed with the help of an id that is known
/// in full; the server keeps all ids that matter within 2^31 of each other, and a slot holds the
/// ids that it still has to send within reach (`catalog_xmin`).
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/transaction-id.html>
struct FullTransactionID: Hashable, Comparable, Sendable {
  let rawValue: UInt64

  init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// The id of the stream that is nearest to a known one.
  ///
  /// - Returns: `nil` for 0 to 2, which the server keeps for itself and gives no transaction.
  init?(_ short: UInt32, near known: FullTransactionID) {
    guard short >= Self.firstNormal else { return nil }
    let (epoch, known) = (UInt64(1) << 32, known.rawValue)
    var value = known & ~(epoch - 1) | UInt64(short)
    if value > known {
      if value - known > epoch / 2, value >= epoch { value -= epoch }
    } else if known - value > epoch / 2, value <= UInt64.max - epoch {
      value += epoch
    }
    rawValue = value
  }

  /// `FirstNormalTransactionId`: 0 to 2 are special in every epoch.
  static let firstNormal: UInt32 = 3

  static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
