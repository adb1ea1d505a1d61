import CDCTime
import PGOutput
import PGWire

/// A row of scalar columns, as text or in binary.
struct ScalarColumns {
  let binary: Bool

  private static let columns: [(name: String, type: BuiltinType, text: String, binary: [UInt8])] = [
    ("id", .int8, "-42", [255, 255, 255, 255, 255, 255, 255, 214]),
    ("ok", .bool, "t", [1]),
    ("amount", .numeric, "12.50", [0, 2, 0, 0, 0, 0, 0, 2, 0, 12, 0x13, 0x88]),
    ("at", .timestamptz, "2000-01-01 00:00:00.000001+00", [0, 0, 0, 0, 0, 0, 0, 1]),
    ("ratio", .float8, "0.30000000000000004", [0x3F, 0xD3, 0x33, 0x33, 0x33, 0x33, 0x33, 0x34]),
    ("day", .date, "2000-01-02", [0, 0, 0, 1]),
    (
      "ref", .uuid, "00000000-0000-0000-0000-0000000000ff",
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255]
    ),
    ("host", .inet, "::1", [3, 128, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
    ("span", .interval, "1 day", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
  ]

  /// The Relation message.
  var relation: [UInt8] {
    var writer = ByteWriter()
    writer.write(contentsOf: Array("R".utf8) + [0, 0, 0, 9] + Array("public\0t\0d".utf8))
    writer.write(Int16(Self.columns.count))
    for column in Self.columns {
      writer.write(UInt8(1))
      writer.writeCString(column.name)
      writer.write(column.type.oid)
      writer.write(Int32(-1))
    }
    return writer.bytes
  }

  /// The Insert message.
  var insert: [UInt8] {
    var writer = ByteWriter()
    writer.write(contentsOf: Array("I".utf8) + [0, 0, 0, 9] + Array("N".utf8))
    writer.write(Int16(Self.columns.count))
    for column in Self.columns {
      let bytes = binary ? column.binary : Array(column.text.utf8)
      writer.write(UInt8(ascii: binary ? "b" : "t"))
      writer.write(UInt32(bytes.count))
      writer.write(contentsOf: bytes)
    }
    return writer.bytes
  }

  /// Decodes all columns and tells whether they are what was written.
  static func areRight(_ row: RowView) throws(RowError) -> Bool {
    let id: Int64 = try row["id"]
    let isOK: Bool = try row["ok"]
    let amount: PostgresNumeric = try row["amount"]
    let time: PostgresTimestamp? = try row["at"]
    let ratio: Double = try row["ratio"]
    let day: PostgresDate = try row["day"]
    let reference: PostgresUUID = try row["ref"]
    let host: PostgresInet = try row["host"]
    let span: PostgresInterval = try row["span"]
    return id == -42 && isOK && amount.scale == 2 && time?.microseconds == 1
      && ratio == 0.1 + 0.2 && day.daysSince2000 == 1 && reference.bits == 255
      && host.network.address == 1 && span.days == 1
  }
}
