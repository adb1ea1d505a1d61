import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

@testable import ChangeFormats

/// What stands for the values that a deletion by key doesn't have.
@Suite struct DebeziumDefaultTests {
  typealias Encoder = PgOutputEncoder

  /// The JSON of a column `c` in the old row of a deletion by key.
  private func value(
    _ typeOID: UInt32, modifier: Int32 = -1, isNotNull: Bool, default expression: String? = nil
  ) throws -> String {
    let relation = Encoder.relation(
      1, "t", [.key("id", 23), .init("c", typeOID, typeModifier: modifier)])
    var types = TypeCatalog()
    types.insert(
      .init(TypeName(oid: 70_000, namespace: "s", name: "mood"), .enumeration(labels: ["sad"])))
    types.insert(
      .init(TypeName(oid: 70_001, namespace: "s", name: "label"), .domain(base: 25)))
    let options = DebeziumFormat.Options(name: "n", database: "d", version: "1")
    var records = try Records(DebeziumFormat(types: types, options: options), after: relation)
    records.describe(
      TableDescription(
        oid: 1, primaryKey: ["id"],
        columns: [
          .init(name: "id", isNotNull: true, defaultExpression: nil),
          .init(name: "c", isNotNull: isNotNull, defaultExpression: expression),
        ]))
    let event = try #require(try records.next(Encoder.delete(1, key: ["1", nil])).first)
    let start = try #require(event.firstRange(of: #""before":{"id":1,"c":"#)).upperBound
    let end = try #require(event.firstRange(of: #"},"after":null"#)).lowerBound
    return String(event[start..<end])
  }

  @Test(
    arguments: [
      (23, -1, "0"), (20, -1, "0"), (16, -1, "false"), (701, -1, "0"), (25, -1, #""""#),
      (1700, 0xC_0006, #""AA==""#), (1700, -1, #"{"scale":0,"value":"AA=="}"#),
      (790, -1, #""AA==""#), (1082, -1, "0"), (1083, -1, "0"), (1114, -1, "0"),
      (1184, -1, #""1970-01-01T00:00:00Z""#), (1266, -1, #""00:00:00Z""#), (1186, -1, "0"),
      (17, -1, #""""#), (1560, 1, "false"), (1560, 7, #""""#), (1562, -1, #""""#),
      (3802, -1, #""""#), (2950, -1, #""""#), (1007, -1, "[]"), (70_000, -1, #""""#),
      (600, -1, #"{"x":0,"y":0,"wkb":"AQEAAAAAAAAAAAAAAAAAAAAAAAAA","srid":null}"#),
    ] as [(UInt32, Int32, String)])
  func `a NOT NULL column has a zero or an empty value, another one null`(
    type: UInt32, modifier: Int32, json: String
  ) throws {
    #expect(try value(type, modifier: modifier, isNotNull: true) == json)
    #expect(try value(type, modifier: modifier, isNotNull: false) == "null")
  }

  @Test(
    arguments: [
      (23, "5", "5"), (20, "'-7'::bigint", "-7"), (25, "'it''s'::text", #""it's""#),
      (1043, "''::character varying", #""""#), (16, "true", "true"), (16, "false", "false"),
      (1082, "'2000-01-02'::date", "10958"),
      (3802, "'{\"a\": 1}'::jsonb", #""{\"a\": 1}""#), (70_000, "'sad'::s.mood", #""sad""#),
      // What is computed is what Debezium has in its place.
      (23, "nextval('s.seq'::regclass)", "0"), (1184, "now()", #""1970-01-01T00:00:00.000000Z""#),
      (1114, "CURRENT_TIMESTAMP", "0"), (25, "upper('a'::text)", #""""#),
      (3802, "jsonb_build_object()", #""{}""#),
      (2950, "gen_random_uuid()", #""00000000-0000-0000-0000-000000000000""#),
    ] as [(UInt32, String, String)])
  func `a default stands for the value, whether the column is NOT NULL or not`(
    type: UInt32, expression: String, json: String
  ) throws {
    #expect(try value(type, isNotNull: true, default: expression) == json)
    #expect(try value(type, isNotNull: false, default: expression) == json)
  }

  @Test(
    arguments: [
      (23, "(5 + 1)", "0"), (25, "NULL::text", #""""#), (17, #"'\x00'::bytea"#, #""""#),
      (70_000, "s.f()", #""""#), (869, "'::1'::inet", #""""#),
      // It would be an object.
      (1700, "1.50", #"{"scale":0,"value":"AA=="}"#),
      // A domain.
      (70_001, "'a'::text", #""""#),
    ] as [(UInt32, String, String)])
  func `a default that Debezium doesn't understand is none`(
    type: UInt32, expression: String, json: String
  ) throws {
    #expect(try value(type, isNotNull: true, default: expression) == json)
    #expect(try value(type, isNotNull: false, default: expression) == "null")
  }

  @Test func `whole old rows, and tables that the catalog has not described, have what was sent`()
    throws
  {
    let options = DebeziumFormat.Options(name: "n", database: "d", version: "1")
    var records = try Records(
      DebeziumFormat(options: options),
      after: Encoder.relation(1, "t", [.key("id", 23), .init("c", 23)]),
      Encoder.relation(2, "f", identity: "f", [.key("id", 23), .key("c", 23)]))
    let unknown = try records.next(Encoder.delete(1, key: ["1", nil]))
    #expect(unknown[0].contains(#"{"before":{"id":1,"c":null},"after":null"#))
    for oid: UInt32 in [1, 2] {
      records.describe(
        TableDescription(
          oid: oid, primaryKey: ["id"],
          columns: [.init(name: "c", isNotNull: false, defaultExpression: "5")]))
    }
    let known = try records.next(Encoder.delete(1, key: ["1", nil]))
    #expect(known[0].contains(#"{"before":{"id":1,"c":5},"after":null"#))
    let whole = try records.next(Encoder.delete(2, old: ["1", nil]))
    #expect(whole[0].contains(#"{"before":{"id":1,"c":null},"after":null"#))
  }

  @Test func `a pg_lsn is left out of rows, and is written in keys`() throws {
    let options = DebeziumFormat.Options(name: "n", database: "d", version: "1")
    var records = try Records(
      DebeziumFormat(options: options),
      after: Encoder.relation(
        1, "t", [.key("at", 3220), .init("n", 23), .init("l", 3220), .init("ls", 3221)]))
    let insert = try records.next(Encoder.insert(1, new: ["0/1", "5", "0/2", "{0/3}"]))
    #expect(insert[0].hasPrefix(#"n.public.t | {"at":"0/1"} | {"before":null,"after":{"n":5},"#))
    let update = try records.next(Encoder.update(1, new: ["0/1", "6", .unchanged, .unchanged]))
    #expect(update[0].hasPrefix(#"n.public.t | {"at":"0/1"} | {"before":null,"after":{"n":6},"#))
    let delete = try records.next(Encoder.delete(1, key: ["0/1", nil, nil, nil]))
    #expect(
      delete[0].hasPrefix(#"n.public.t | {"at":"0/1"} | {"before":{"n":null},"after":null"#))
  }
}
