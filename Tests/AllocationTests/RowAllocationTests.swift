import CAllocationCounter
import CDCTime
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

/// Reading rows allocates nothing but what a value must own, whatever the change.
@Suite struct RowAllocationTests {
  private static let isCounting = allocation_counter_works() == 1

  private static let columns: [PgOutputEncoder.ColumnHeader] = [
    .key("id", 20), .key("code", 23), .key("name", 25), .key("total", 1700),
    .key("created_at", 1184), .key("is_open", 16), .key("reference", 2950), .key("day", 1082),
  ]

  private static let short = [
    "1234567", "42", "fifteen bytes..", "-1234567890.12345678", "2024-01-02 03:04:05.123456+00",
    "t", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "2024-01-02",
  ]

  /// The text is too long to lie inside a `String`, and the number to be one of 128 bits.
  private static let long: [String] = {
    var values = short
    values[2] = "this text is longer than fifteen bytes"
    values[3] = String(repeating: "9", count: 50)
    return values
  }()

  enum Statement: CaseIterable {
    case insert, fullUpdate, unchangedUpdate, delete

    func message(_ values: [String]) -> [UInt8] {
      let row = values.map { PgOutputEncoder.Column.text(Array($0.utf8)) }
      var unchanged = row
      unchanged[2] = .unchanged
      return switch self {
      case .insert: PgOutputEncoder.insert(9, new: row)
      case .fullUpdate: PgOutputEncoder.update(9, old: row, new: row)
      case .unchangedUpdate: PgOutputEncoder.update(9, old: row, new: unchanged)
      case .delete: PgOutputEncoder.delete(9, old: row)
      }
    }
  }

  @Test(arguments: Statement.allCases, [false, true])
  func `rows of short values cost no allocation`(change: Statement, byName: Bool) throws {
    guard Self.isCounting else { return }
    let message = change.message(Self.short)
    #expect(try allocations(1000, message, byName: byName) == 0)
    #expect(try allocations(2000, message, byName: byName) == 0)
  }

  @Test(arguments: Statement.allCases)
  func `a long text and a long number cost what they own`(change: Statement) throws {
    guard Self.isCounting else { return }
    let message = change.message(Self.long)
    let one = try allocations(1, message, byName: false)
    #expect(one >= 2)
    #expect(try allocations(1000, message, byName: false) == 1000 * one)
    #expect(try allocations(2000, message, byName: false) == 2000 * one)
  }

  /// The allocations of reading that many rows, after what is prepared once.
  private func allocations(_ count: Int, _ message: [UInt8], byName: Bool) throws -> Int {
    var decoder = PgOutputDecoder()
    let relation = PgOutputEncoder.relation(9, "t", identity: "f", Self.columns)
    try decoder.decode(relation.span, at: .zero) { _ in }
    let rows = RowReader()
    var read = 0
    var before = 0
    for round in 0..<count + 2 {
      if round == 2 { before = allocations_of_this_thread() }
      try decoder.decode(message.span, at: .zero) { message throws(PgOutputError) in
        let isRead = Self.withRow(message, rows) { row in
          (try? byName ? Self.sumByName(row) : Self.sum(row)) == 1_234_609
        }
        if isRead { read += 1 }
      }
    }
    let allocations = allocations_of_this_thread() - before
    #expect(read == count + 2)
    return allocations
  }

  private static func withRow(
    _ message: PgOutputMessage, _ rows: RowReader, _ body: (RowView) -> Bool
  ) -> Bool {
    switch message {
    case .insert(let relation, let new): rows.read(new, of: relation, at: .zero, body)
    case .update(let relation, let old, let new):
      rows.read(new, old: old, of: relation, at: .zero, body)
    case .delete(let relation, let old): rows.read(old, of: relation, at: .zero, body)
    default: false
    }
  }

  private static func sum(_ row: RowView) throws(RowError) -> Int {
    let id: Int64 = try row[0]
    let code: Int32? = try row[1]
    let name: String? = try row[2]
    let total: PostgresNumeric = try row[3]
    let created: PostgresTimestamp = try row[4]
    let isOpen: Bool = try row[5]
    let reference: PostgresUUID? = try row[6]
    let day: PostgresDate = try row[7]
    let isRight =
      name?.isEmpty == false && total.isFinite && created.isFinite && isOpen
      && reference != nil && day.isFinite && !row.isPartial
    return isRight ? Int(id) + Int(code ?? 0) : 0
  }

  private static func sumByName(_ row: RowView) throws(RowError) -> Int {
    let id: Int64 = try row["id"]
    let code: Int32? = try row["code"]
    let name: String? = try row["name"]
    let total: PostgresNumeric = try row["total"]
    let created: PostgresTimestamp = try row["created_at"]
    let isOpen: Bool = try row["is_open"]
    let reference: PostgresUUID? = try row["reference"]
    let day: PostgresDate = try row["day"]
    let isRight =
      name?.isEmpty == false && total.isFinite && created.isFinite && isOpen
      && reference != nil && day.isFinite && !row.isPartial
    return isRight ? Int(id) + Int(code ?? 0) : 0
  }
}
