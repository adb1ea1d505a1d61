import CDCTime
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

@Suite struct RowTests {
  private static let orders = Encoder.relation(
    7, "orders",
    [
      .key("id", 20), .init("created_at", 1184), .init("total", 1700), .init("note", 25),
      .init("big", 25),
    ])

  private static let order = Encoder.insert(
    7, new: [text("42"), text("2024-01-02 03:04:05+00"), text("12.50"), .null, text("x")])

  private static func text(_ text: String) -> Encoder.Column { .text(Array(text.utf8)) }

  @Test func `columns by name, by index, in any order, twice`() throws {
    let rows = try RowFixture(after: Self.orders)
    for _ in 0..<3 {
      try rows.read(Self.order) { row throws(RowError) in
        try check(row["id", as: Int64.self] == 42)
        try check(row["total", as: PostgresNumeric.self].description == "12.50")
        try check(row[0, as: Int.self] == 42)
        try check(row["id"] as Int16 == 42)
        try check(row["note", as: String?.self] == nil)
        try check(row["big", as: String?.self] == "x")
        try check(
          row["created_at", as: PostgresTimestamp.self].iso8601UTC == "2024-01-02T03:04:05Z")
        check(!row.isPartial && row.kind == .new && row.columnCount == 5)
        check(row.index(of: "big") == 4 && row.index(of: "nope") == nil)
      }
    }
  }

  @Test func `text and binary give the same`() throws {
    let rows = try RowFixture(after: Self.orders)
    let binary = Encoder.insert(
      7,
      new: [
        .binary([0, 0, 0, 0, 0, 0, 0, 42]), .binary(bytes(hex: "0002b0d3bfb64340")),
        .binary(bytes(hex: "000200000000000200 0c1388")), .null, .binary(Array("x".utf8)),
      ])
    let values = try [Self.order, binary].map { message in
      try rows.read(message) { row throws(RowError) in
        (try row["id", as: Int.self], try row["total", as: PostgresNumeric.self].description)
      }
    }
    #expect(values.map { $0?.0 } == [42, 42])
    #expect(values.map { $0?.1 } == ["12.50", "12.50"])
  }

  @Test func `what can't be read says where and why`() throws {
    let rows = try RowFixture(after: Self.orders)
    let missing = try rows.error(Self.order) { row throws(RowError) in
      _ = try row["nope", as: Int.self]
    }
    #expect(
      missing?.description
        == "change at 0/1A2B300: column nope of public.orders does not exist, or is not published")
    let null = try rows.error(Self.order) { row throws(RowError) in
      _ = try row["note", as: String.self]
    }
    #expect(null?.reason == .null(Swift: "String"))
    #expect(
      null?.description == "change at 0/1A2B300: column note of public.orders, of type text, "
        + "is NULL, which String can't hold; String? can")
    let wrong = try rows.error(Self.order) { row throws(RowError) in
      _ = try row["big", as: Int.self]
    }
    #expect(wrong?.reason == .value(.wrongType, Swift: "Int"))
    let index = try rows.error(Self.order) { row throws(RowError) in _ = try row[5, as: Int.self] }
    #expect(index?.reason == .noSuchColumn)
    let negative = try rows.error(Self.order) { row throws(RowError) in
      _ = try row[-1, as: Int.self]
    }
    #expect(negative?.reason == .noSuchColumn)
  }

  @Test func `an error keeps the bytes and prints none of them`() throws {
    let rows = try RowFixture(after: Self.orders)
    let message = Encoder.insert(
      7, new: [Self.text("secret"), .null, .null, .null, .null])
    let error = try rows.error(message) { row throws(RowError) in _ = try row["id", as: Int.self] }
    #expect(error?.reason == .value(.malformed, Swift: "Int"))
    #expect(error?.bytes == Array("secret".utf8))
    #expect(error.map { "\($0)".contains("secret") } == false)
    #expect(error.map { String(reflecting: $0).contains("secret") } == false)
  }

  @Test func `an unchanged column is neither NULL nor a value`() throws {
    let rows = try RowFixture(after: Self.orders)
    let update = Encoder.update(
      7, new: [Self.text("42"), .null, .null, .null, .unchanged])
    try rows.read(update) { row throws(RowError) in
      check(row.isPartial && !row.isKnown(4) && row.isKnown(3))
      try check(row.columnValue("big", as: String.self) == .unchanged)
      try check(row.columnValue("note", as: String.self) == .null)
      try check(row.columnValue("id", as: Int.self) == .value(42))
    }
    let error = try rows.error(update) { row throws(RowError) in
      _ = try row["big", as: String?.self]
    }
    #expect(error?.reason == .unchanged)
  }

  @Test func `a merged row takes from the old row only what that holds`() throws {
    let rows = try RowFixture(after: Self.orders)
    let new: [Encoder.Column] = [.unchanged, .null, .null, .null, .unchanged]
    let full = Encoder.update(
      7, old: [Self.text("1"), .null, .null, .null, Self.text("old")], new: new)
    try rows.read(full) { row throws(RowError) in
      check(!row.isPartial)
      try check(row["big", as: String.self] == "old")
      try check(row["id", as: Int.self] == 1)
    }
    let key = Encoder.update(7, key: [Self.text("1"), .null, .null, .null, .null], new: new)
    try rows.read(key) { row throws(RowError) in
      check(row.isPartial)
      try check(row["id", as: Int.self] == 1)
      try check(row.columnValue("big", as: String.self) == .unchanged)
    }
    let fullNull = Encoder.update(7, old: [.null, .null, .null, .null, .null], new: new)
    try rows.read(fullNull) { row throws(RowError) in
      try check(row["big", as: String?.self] == nil)
    }
  }

  @Test func `a key's other columns are not sent`() throws {
    let rows = try RowFixture(after: Self.orders)
    let delete = Encoder.delete(7, key: [Self.text("1"), .null, .null, .null, .null])
    try rows.read(delete) { row throws(RowError) in
      check(row.isPartial && row.kind == .key)
      try check(row.columnValue("note", as: String.self) == .notSent)
    }
    let error = try rows.error(delete) { row throws(RowError) in
      _ = try row["note", as: String?.self]
    }
    #expect(error?.reason == .notSent)
  }

  @Test func `a new shape of the table is taken in`() throws {
    let rows = try RowFixture(after: Self.orders)
    try rows.read(Self.order) { row throws(RowError) in _ = try row["id", as: Int.self] }
    _ = try rows.read(Encoder.relation(7, "orders", [.init("x", 25), .key("id", 23)])) { _ in }
    try rows.read(Encoder.insert(7, new: [Self.text("a"), Self.text("5")])) {
      row throws(RowError) in
      try check(row["id", as: Int.self] == 5)
      try check(row["x", as: String.self] == "a")
    }
  }

  @Test func `types of one's own`() throws {
    enum Mood: String, PostgresDecodable { case sad, ok }
    let rows = try RowFixture(
      after: Encoder.type(16_400, namespace: "public", name: "mood"),
      Encoder.relation(8, "m", [.init("mood", 16_400)]))
    try rows.read(Encoder.insert(8, new: [Self.text("ok")])) { row throws(RowError) in
      try check(row["mood", as: Mood.self] == .ok)
    }
    let error = try rows.error(Encoder.insert(8, new: [Self.text("glad")])) {
      row throws(RowError) in
      _ = try row["mood", as: Mood.self]
    }
    #expect(error?.reason == .value(.outOfRange, Swift: "Mood"))
    let binary = try rows.error(Encoder.insert(8, new: [.binary(Array("ok".utf8))])) {
      row throws(RowError) in _ = try row["mood", as: Mood.self]
    }
    #expect(binary?.reason == .value(.unknownBinary, Swift: "Mood"))
  }

  @Test func `a catalogue tells what types are made of`() throws {
    let catalog = TypeCatalog([
      .init(TypeName(oid: 1, namespace: "s", name: "loop"), .domain(base: 1)),
      .init(
        TypeName(oid: 16_400, namespace: "public", name: "mood"),
        .enumeration(labels: ["sad", "ok"])),
      .init(
        TypeName(oid: 16_401, namespace: "public", name: "_mood"),
        .array(element: 16_400, delimiter: 44)),
      .init(TypeName(oid: 16_402, namespace: "public", name: "posint"), .domain(base: 23)),
      .init(
        TypeName(oid: 16_403, namespace: "public", name: "pair"),
        .composite(fields: [.init(name: "a", typeOID: 16_402), .init(name: "m", typeOID: 16_400)])),
    ])
    #expect(catalog.type(oid: 1) == .unknown(oid: 1))
    let rows = try RowFixture(
      types: catalog,
      after: Encoder.relation(
        9, "t", [.init("moods", 16_401), .init("n", 16_402), .init("p", 16_403)]))
    let insert = Encoder.insert(
      9, new: [Self.text("{sad,ok}"), .binary([0, 0, 0, 5]), Self.text("(1,ok)")])
    try rows.read(insert) { row throws(RowError) in
      try check(row["moods", as: [String].self] == ["sad", "ok"])
      try check(row["n", as: Int.self] == 5)
      let pair = try row["p", as: PostgresComposite.self]
      #expect((try? pair["a"]?.decode(Int.self)) == 1)
      #expect((try? pair["m"]?.decode(String.self)) == "ok")
    }
  }

  @Test func `a composite that had other fields is never decoded as what it is now`() throws {
    let name = TypeName(oid: 16_403, namespace: "public", name: "pair")
    let mood = TypeCatalog.Entry(
      TypeName(oid: 16_400, namespace: "public", name: "mood"), .enumeration(labels: ["ok"]))
    let catalog = TypeCatalog([
      mood, .init(name, .composite(fields: [.init(name: "a", typeOID: 25)])),
    ])
    let type = catalog.type(oid: name.oid)
    // An int4, an enum that the type has no more, and a type that is gone.
    func field(_ oid: [UInt8], _ value: [UInt8]) -> [UInt8] {
      [0, 0] + oid + [0, 0, 0, UInt8(value.count)] + value
    }
    let number = field([0, 23], [0, 0, 0, 5])
    let label = field([0x40, 0x10], Array("new".utf8))
    let gone = field([0x40, 0xFF], Array("x".utf8))
    func text(_ fields: [[UInt8]]) throws(PostgresValueError) -> String {
      let bytes: [UInt8] = [0, 0, 0, UInt8(fields.count)] + fields.joined()
      return try String(postgresBinary: bytes.span, type: type)
    }
    #expect(try text([number, label]) == "(5,new)")
    #expect(throws: PostgresValueError.unknownType(oid: 0x40FF)) { try text([number, gone]) }
    let bytes: [UInt8] = [0, 0, 0, 2] + number + label
    let composite = try PostgresComposite(postgresBinary: bytes.span, type: type)
    #expect(composite.fields.map(\.name) == [nil, nil])
    #expect(try composite.fields[0].decode(Int.self) == 5)
    #expect(try composite.fields[1].decode(String.self) == "new")
    let fromText = try PostgresComposite(postgresText: Array("(5,x)".utf8).span, type: type)
    #expect(fromText.fields.map(\.name) == [nil, nil])
    #expect(try fromText.fields[0].decode(String.self) == "5")
    // As the catalogue has it: with its name.
    let same: [UInt8] = [0, 0, 0, 1] + field([0, 25], [0x61])
    #expect(try PostgresComposite(postgresBinary: same.span, type: type)["a"]?.decode() == "a")
  }

  @Test func `a composite in itself, without end, is not followed`() throws {
    let name = TypeName(oid: 16_403, namespace: "public", name: "loop")
    let type = TypeCatalog([.init(name, .composite(fields: []))]).type(oid: name.oid)
    var bytes: [UInt8] = [0, 0, 0, 0]
    while bytes.count < 100_000 {
      let count = UInt32(truncatingIfNeeded: bytes.count)
      let length = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> UInt32($0)) }
      bytes = [0, 0, 0, 1, 0, 0, 0x40, 0x13] + length + bytes
    }
    #expect(throws: PostgresValueError.unknownType(oid: 16_403)) {
      try String(postgresBinary: bytes.span, type: type)
    }
  }
}
