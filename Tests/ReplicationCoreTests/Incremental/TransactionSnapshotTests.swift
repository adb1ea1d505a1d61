import Testing

@testable import ReplicationCore

@Suite struct TransactionSnapshotTests {
  private func id(_ value: UInt64) -> FullTransactionID { FullTransactionID(rawValue: value) }

  @Test func `a snapshot sees what had ended`() throws {
    let snapshot = try TransactionSnapshot("10:20:10,14,15")
    let seen = (5..<25).filter { snapshot.sees(id($0)) }
    #expect(seen == [5, 6, 7, 8, 9, 11, 12, 13, 16, 17, 18, 19])
    #expect(snapshot.text == "10:20:10,14,15")
    #expect(try TransactionSnapshot("1690:1690:").sees(id(1690)) == false)
  }

  static let refused: [(String, TransactionSnapshot.Fault)] = [
    ("", .malformed), ("10", .malformed), ("10:20", .malformed),
    ("10:20:10,", .malformed), ("10:20:,10", .malformed), ("10:20:+11", .malformed),
    ("10:20: 11", .malformed), ("010:20:", .malformed), ("-1:20:", .malformed),
    ("10:20:11:", .malformed), ("20:10:", .bounds), ("2:10:", .bounds), ("0:0:", .bounds),
    ("10:20:9", .outside), ("10:20:20", .outside), ("10:20:12,11", .order),
    ("10:20:12,12", .order), ("18446744073709551616:20:", .overflow),
    ("10:99999999999999999999:", .overflow),
  ]

  @Test(arguments: refused)
  func `what the server does not print is refused`(
    text: String, fault: TransactionSnapshot.Fault
  ) {
    #expect(throws: fault) { try TransactionSnapshot(text) }
  }

  @Test func `the list has a limit`() throws {
    let list = (0..<UInt64(TransactionSnapshot.maxRunning)).map { String($0 + 10) }
    let text = "10:9999999:" + list.joined(separator: ",")
    #expect(try TransactionSnapshot(text).running.count == TransactionSnapshot.maxRunning)
    #expect(throws: TransactionSnapshot.Fault.tooMany) { try TransactionSnapshot(text + ",999999") }
  }

  static let completions: [(UInt32, UInt64, UInt64)] = [
    (100, 90, 100), (80, 90, 80), (5, (1 << 32) - 10, 1 << 32 | 5),
    (0xFFFF_FFF0, 1 << 32 | 5, 0xFFFF_FFF0), (7, 3 << 32 | 9, 3 << 32 | 7),
    (0xFFFF_FFF0, 3 << 32 | 9, 2 << 32 | 0xFFFF_FFF0), (0xFFFF_FFF0, 9, 0xFFFF_FFF0),
    (5, UInt64.max - 3, 0xFFFF_FFFF_0000_0005),
  ]

  @Test(arguments: completions)
  func `an id of the stream is completed next to a known one`(
    short: UInt32, known: UInt64, full: UInt64
  ) {
    #expect(FullTransactionID(short, near: id(known))?.rawValue == full)
  }

  @Test(arguments: 0..<3 as Range<UInt32>)
  func `special ids are no transaction's`(short: UInt32) {
    #expect(FullTransactionID(short, near: id(1 << 32)) == nil)
  }

  @Test func `the guard keeps what no snapshot has seen`() throws {
    var dropped = DroppedTransactions()
    for value in [12, 10, 14, 11, 12, 13, 20] as [UInt64] { dropped.insert(id(value)) }
    #expect(dropped.text == "10-14,20")
    #expect(DroppedTransactions(text: "10-14,20") == dropped)
    dropped.remove(seenBy: try TransactionSnapshot("11:20:11,13"))
    #expect(dropped.text == "11,13,20")
    for text in ["", "1-", "5-4", "a", "1-99999999999", "1,,2", "+1"] {
      #expect(DroppedTransactions(text: text) == nil)
    }
  }
}
