import PGOutput
import PGOutputTestSupport
import ReplicationTestKit
import Testing

@testable import ChangeFormats

/// Amounts of money, by how many digits the database's currency has behind the point.
@Suite struct MoneyTests {
  private static func catalog(_ scale: Int?) -> TypeCatalog {
    var catalog = TypeCatalog([
      .init(
        TypeName(oid: 100_000, namespace: "public", name: "price"),
        .composite(fields: [.init(name: "m", typeOID: 790), .init(name: "t", typeOID: 25)])),
      .init(
        TypeName(oid: 100_001, namespace: "public", name: "_price"),
        .array(element: 100_000, delimiter: 0x2C)),
    ])
    catalog.style.moneyScale = scale
    return catalog
  }

  private static let amount: [UInt8] = [0, 0, 0, 0, 0, 0, 4, 0xD3]  // 1235

  private static func number(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  @Test(
    arguments: [
      (nil, "$12.35"), (2, "$12.35"), (0, "$1,235"), (3, "$1.235"), (1, "$123.5"),
    ] as [(Int?, String)])
  func `text and binary are the same, alone and in others`(scale: Int?, json: String) throws {
    let types = Self.catalog(scale)
    // What the server sends in the locale C.
    #expect(try Lines.value("$12.35", 790, types: types) == "\"\(json)\"")
    #expect(try Lines.value(column: .binary(Self.amount), 790, types: types) == "\"\(json)\"")
    #expect(try Lines.value("{-$12.35,NULL}", 791, types: types) == "[\"-\(json)\",null]")
    let inComposite = json.contains(",") ? #""(\"\#(json)\",x)""# : "\"(\(json),x)\""
    #expect(try Lines.value("($12.35,x)", 100_000, types: types) == inComposite)
    let composite =
      Self.number(2) + Self.number(790) + Self.number(8) + Self.amount + Self.number(25)
      + Self.number(1) + [0x78]
    #expect(try Lines.value(column: .binary(composite), 100_000, types: types) == inComposite)
    #expect(try Lines.value(#"{"($12.35,x)"}"#, 100_001, types: types) == "[\(inComposite)]")
  }

  @Test func `a composite with other fields than its text is never guessed at`() throws {
    #expect(try Lines.value("($12.35)", 100_000, types: Self.catalog(2)) == #""($12.35)""#)
    #expect(throws: FormatError.self) {
      try Lines.value("($12.35)", 100_000, types: Self.catalog(0))
    }
  }

  @Test(arguments: [
    (2, "$12.35", "BNM="), (0, "$12.35", "AeJs"), (3, "$12.30", "ew=="), (0, "-$0.01", "nA=="),
    (0, "$92,233,720,368,547,758.07", "Mf////////+c"),
  ])
  func `Debezium has hundredths`(scale: Int, text: String, json: String) throws {
    #expect(try DebeziumLines.value(.text(Array(text.utf8)), 790, scale: scale) == "\"\(json)\"")
  }

  @Test func `what hundredths can't express is an error`() {
    #expect(throws: FormatError.self) {
      try DebeziumLines.value(.text(Array("$12.35".utf8)), 790, scale: 3)
    }
  }
}
