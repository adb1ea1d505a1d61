import PGOutput
import PGOutputTestSupport
import ReplicationTestKit
import Testing

@Suite struct TypeTests {
  @Test func `oids and names lead to one type each`() {
    for type in BuiltinType.allCases {
      #expect(BuiltinType(oid: type.oid) == type)
      #expect(BuiltinType(arrayOID: type.arrayOID) == type)
      #expect(BuiltinType(rawValue: type.rawValue) == type)
      #expect(ColumnType(oid: type.oid, name: nil) == .builtin(type))
      #expect(ColumnType(oid: type.arrayOID, name: nil) == .array(type))
    }
    #expect(BuiltinType(oid: 0) == nil)
    #expect(BuiltinType(arrayOID: 16) == nil)
  }

  @Test func `knows the types that formatters ask for`() {
    #expect((BuiltinType.bool.oid, BuiltinType.bool.arrayOID) == (16, 1000))
    #expect((BuiltinType.int8.oid, BuiltinType.int8.arrayOID) == (20, 1016))
    #expect((BuiltinType.timestamptz.oid, BuiltinType.timestamptz.arrayOID) == (1184, 1185))
    #expect((BuiltinType.xid8.oid, BuiltinType.xid8.arrayOID) == (5069, 271))
    #expect(BuiltinType(rawValue: "pg_lsn") == .pgLSN)
  }

  @Test(
    arguments: [
      ("", "int4", .builtin(.int4), "int4"), ("", "_int4", .array(.int4), "int4[]"),
      ("pg_catalog", "timestamptz", .builtin(.timestamptz), "timestamptz"),
    ] as [(String, String, ColumnType, String)])
  func `a domain is its base type`(
    namespace: String, name: String, type: ColumnType, description: String
  ) throws {
    let decoder = try PgOutputDecoder(
      after: PgOutputEncoder.type(70_000, namespace: namespace, name: name),
      PgOutputEncoder.relation(7, "t", [.init("c", 70_000)]))
    let column = try #require(decoder.relation(oid: 7)?.columns.first)
    #expect(column.type == type)
    #expect(column.typeOID == 70_000)
    #expect(column.type.description == description)
  }

  @Test func `other types keep their names`() throws {
    let decoder = try PgOutputDecoder(
      after: PgOutputEncoder.type(70_000, namespace: "public", name: "int4"),
      PgOutputEncoder.type(70_001, namespace: "", name: "_no_such"),
      PgOutputEncoder.relation(
        7, "t", [.init("a", 70_000), .init("b", 70_001), .init("c", 70_002)]))
    let types = try #require(decoder.relation(oid: 7)?.columns.map(\.type))
    #expect(
      types.map(\.description)
        == ["public.int4", "pg_catalog._no_such", "type with oid 70002"])
    #expect(types[0] == decoder.typeName(oid: 70_000).map(ColumnType.named))
    #expect(types[2] == .unknown(oid: 70_002))
  }

  @Test func `a type named anew counts from the next relation on`() throws {
    var decoder = try PgOutputDecoder(
      after: PgOutputEncoder.type(70_000, namespace: "", name: "int4"),
      PgOutputEncoder.relation(7, "t", [.init("c", 70_000)]))
    let before = try #require(decoder.relation(oid: 7))
    _ = try decoder.owned(PgOutputEncoder.type(70_000, namespace: "", name: "text"))
    #expect(before.columns[0].type == .builtin(.int4))
    _ = try decoder.owned(PgOutputEncoder.relation(7, "t", [.init("c", 70_000)]))
    #expect(decoder.relation(oid: 7)?.columns[0].type == .builtin(.text))
  }
}
