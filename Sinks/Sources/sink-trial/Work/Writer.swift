import PGWire

/// One connection's writer: its number, and the numbers that it gives to changes.
///
/// It outlives its connection, so that no number is given twice.
final class Writer {
  let number: Int
  /// The last number that was given.
  private var last: Int64 = 0
  private var transactions: Int64 = 0

  init(number: Int) {
    self.number = number
  }

  /// Takes this many numbers.
  ///
  /// - Returns: The number before them.
  func take(_ count: Int) -> Int64 {
    defer { last += Int64(count) }
    return last
  }

  func nextTransaction() -> Int64 {
    transactions += 1
    return transactions
  }
}
