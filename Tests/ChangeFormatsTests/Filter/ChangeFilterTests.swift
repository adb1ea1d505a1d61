import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

@testable import ChangeFormats

/// Which tables are written, and which rules are refused.
@Suite struct ChangeFilterTests {
  typealias Encoder = PgOutputEncoder

  private static let table = Encoder.relation(7, "t", [.key("id", 23), .init("c", 25)])
  private static let other = Encoder.relation(8, namespace: "s", "o", [.key("id", 23)])

  private func lines(_ filter: ChangeFilter) throws -> Lines {
    var options = JSONLineFormat.Options()
    options.filter = filter
    return try Lines(options: options, after: Self.table, Self.other)
  }

  @Test(
    arguments: [
      (nil, [], true, true), ([TablePattern(table: "t")], [], true, false),
      ([TablePattern(schema: "s")], [], false, true),
      (nil, [TablePattern(schema: "s", table: "o")], true, false),
      ([TablePattern(schema: "s", table: "t")], [], false, false),
      ([TablePattern()], [TablePattern(schema: "public")], false, true), ([], [], false, false),
    ] as [([TablePattern]?, [TablePattern], Bool, Bool)])
  func `tables are chosen by name`(
    tables: [TablePattern]?, excluded: [TablePattern], hasTable: Bool, hasOther: Bool
  ) throws {
    let filter = ChangeFilter(tables: tables, excluding: excluded)
    var lines = try lines(filter)
    #expect(try lines.next(Encoder.insert(7, new: ["1", "x"])).isEmpty != hasTable)
    #expect(try lines.next(Encoder.update(7, new: ["1", "x"])).isEmpty != hasTable)
    #expect(try lines.next(Encoder.delete(7, key: ["1", nil])).isEmpty != hasTable)
    #expect(try lines.next(Encoder.insert(8, new: ["1"])).isEmpty != hasOther)
    let names = [hasTable ? #""public.t""# : nil, hasOther ? #""s.o""# : nil].compactMap(\.self)
    let truncate = try lines.next(Encoder.truncate([7, 8]))
    #expect(
      names.isEmpty
        ? truncate.isEmpty
        : truncate.contains(#""relations":[\#(names.joined(separator: ","))],"#))
    var options = DebeziumFormat.Options(name: "n", database: "d", version: "1")
    options.filter = filter
    options.printsTruncates = true
    var events = try Records(DebeziumFormat(options: options), after: Self.table, Self.other)
    #expect(try events.next(Encoder.insert(7, new: ["1", "x"])).isEmpty != hasTable)
    #expect(try events.next(Encoder.update(7, new: ["1", "x"])).isEmpty != hasTable)
    #expect(
      try events.next(Encoder.update(7, key: ["1", nil], new: ["2", "x"])).count
        == (hasTable ? 3 : 0))
    #expect(try events.next(Encoder.truncate([7, 8])).count == names.count)
  }

  @Test(
    arguments: [
      (.leftOut, "left out"), (.masked(with: "*"), "masked"),
      (.hashed(key: Password("k")), "hashed"), (.truncated(to: 1), "truncated"),
    ] as [(ColumnTreatment, String)])
  func `a rule for a key is refused when its table is met`(
    treatment: ColumnTreatment, words: String
  ) throws {
    let rule = ColumnRule(TablePattern(table: "t"), "id", treatment)
    let error = #expect(throws: FormatError.self) {
      try lines(ChangeFilter(columns: [rule]))
    }
    #expect(error == .column(.isKey(words), table: "public.t", column: "id"))
    #expect(error?.description.contains("column id of public.t") == true)
    // A table that isn't written has no rules.
    _ = try lines(ChangeFilter(excluding: [TablePattern(table: "t")], columns: [rule]))
  }

  @Test func `the primary key and a chosen key of a full identity are keys too`() throws {
    let full = Encoder.relation(9, "f", identity: "f", [.key("id", 23), .key("c", 25)])
    let rule = ColumnRule(TablePattern(table: "f"), "c", .leftOut)
    func meet(_ key: [String]?, _ description: TableDescription?) throws(FormatError) {
      var options = JSONLineFormat.Options()
      options.filter = ChangeFilter(columns: [rule])
      options.records.keyColumns = { _ in key }
      var records = try Records(JSONLineFormat(options: options))
      if let description { records.describe(description) }
      _ = try records.next(full)
    }
    try meet(nil, nil)
    try meet(nil, TableDescription(oid: 9, primaryKey: ["id"], columns: []))
    let refused = FormatError.column(.isKey("left out"), table: "public.f", column: "c")
    #expect(throws: refused) {
      try meet(nil, TableDescription(oid: 9, primaryKey: ["c"], columns: []))
    }
    #expect(throws: refused) { try meet(["c"], nil) }
  }

  @Test func `a rule for a column that isn't there is refused, unless it is for any table`() throws
  {
    let missing = ColumnRule(TablePattern(table: "t"), "email", .masked(with: "*"))
    #expect(throws: FormatError.column(.missing, table: "public.t", column: "email")) {
      try lines(ChangeFilter(columns: [missing]))
    }
    let anywhere = ColumnRule(TablePattern(), "email", .masked(with: "*"))
    _ = try lines(ChangeFilter(columns: [anywhere]))
  }

  @Test func `only texts are cut off`() throws {
    var options = JSONLineFormat.Options()
    options.filter = ChangeFilter(
      columns: [ColumnRule(TablePattern(table: "t"), "c", .truncated(to: 3))])
    for (type, name) in [(23, "int4"), (3802, "jsonb"), (17, "bytea")] as [(UInt32, String)] {
      #expect(throws: FormatError.column(.notText(name), table: "public.t", column: "c")) {
        try Lines(
          options: options, after: Encoder.relation(7, "t", [.key("id", 23), .init("c", type)]))
      }
    }
  }

  @Test func `the first rule that fits counts, and closures decide as well`() throws {
    let rules = [
      ColumnRule(TablePattern(schema: "s"), "c", .leftOut),
      ColumnRule(TablePattern(), "c", .masked(with: "1")),
      ColumnRule(TablePattern(), "c", .masked(with: "2")),
    ]
    var lines = try lines(ChangeFilter(columns: rules))
    #expect(try lines.next(Encoder.insert(7, new: ["1", "x"])).contains(#""c":"1""#))
    var filter = ChangeFilter()
    filter.treatment = { column, table in
      column.name == "c" && table.name == "t" ? .masked(with: "3") : .asIs
    }
    filter.includesTable = { schema, _ in schema != "s" }
    var other = try self.lines(filter)
    #expect(try other.next(Encoder.insert(7, new: ["1", "x"])).contains(#""c":"3""#))
    #expect(try other.next(Encoder.insert(8, new: ["1"])).isEmpty)
  }
}
