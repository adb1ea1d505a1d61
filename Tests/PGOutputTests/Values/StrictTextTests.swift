import CDCTime
import PGOutput
import PGWire
import Testing

/// What PostgreSQL would not print is refused.
@Suite struct StrictTextTests {
  private func read<Value: PostgresDecodable>(
    _: Value.Type, _ text: String, _ type: BuiltinType
  ) throws(PostgresValueError) -> Value {
    let bytes = Array(text.utf8)
    return try Value(postgresText: bytes.span, type: .builtin(type))
  }

  private func refused<Value: PostgresDecodable>(
    _ value: Value.Type, _ type: BuiltinType, _ texts: [String]
  ) {
    for text in texts {
      #expect(throws: PostgresValueError.malformed, "\(type): \(text)") {
        try read(value, text, type)
      }
    }
  }

  @Test func numbers() {
    refused(
      Int64.self, .int8, ["", "-", "+1", "01", "-0", "1 ", "1.0", "9223372036854775808", "٣"])
    refused(Int64.self, .int4, ["2147483648", "-2147483649"])
    refused(UInt64.self, .oid8, ["-1", "18446744073709551616"])
    refused(UInt64.self, .xid8, ["-1", "18446744073709551616", "99999999999999999999"])
    refused(Bool.self, .bool, ["", "true", "T"])
    refused(
      Double.self, .float8,
      ["", "nan", "inf", ".5", "1.", "1e5", "1e+5", "01", "1.10", "--1", "1.5e+0", "1e+0400"])
    refused(Float.self, .float4, ["1e+39", "-1e+50"])
    refused(
      PostgresNumeric.self, .numeric,
      ["", "-", ".5", "1.", "01", "-0.00", "1e5", "+1", "nan", "1.2.3"])
  }

  @Test func times() {
    refused(PostgresDate.self, .date, ["", "2024-1-2", "2024-02-30", "0000-01-01", "02024-01-02"])
    refused(PostgresDate.self, .date, ["5874898-01-01", "4714-11-23 BC", "2024-01-02 ", "today"])
    refused(PostgresTime.self, .time, ["24:00:01", "13:14", "1:02:03", "13:14:15.50", "25:00:00"])
    refused(PostgresTimeTZ.self, .timetz, ["13:14:15", "13:14:15+0", "13:14:15+16", "13:14:15Z"])
    refused(
      PostgresInterval.self, .interval,
      [
        "", "1 years", "2 year", "0 days", "00:00", "1 day 00:00:00", "-00:00:00", "1 day 1 mon",
        "12 mons", "1 year -1 mons", "1 day +01:00:00", "1 mon -1 days 01:00:00", "001:00:00",
        "01:60:00", "P1D", "1 day ", " 1 day", "9999999999 years", "2562047789:00:00",
      ])
    refused(PostgresTimestamp.self, .timestamptz, ["2024-01-02 03:04:05"])
  }

  @Test func `addresses and bits`() {
    refused(PostgresInet.self, .inet, ["10.0.0.1/32", "10.0.0", "10.0.0.256", "1:2::3::4", "::0"])
    refused(PostgresInet.self, .inet, ["0:0:0:0:0:0:0:1", "::A", "::1/128", "1:2:3:4:5:6:7", ""])
    refused(PostgresCIDR.self, .cidr, ["10.0.0.0", "10.0.0.1/8", "10.0.0.0/33"])
    refused(PostgresMACAddress.self, .macaddr, ["08:00:2B:01:02:03", "08002b010203", ""])
    refused(PostgresUUID.self, .uuid, ["", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"])
    let uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1"
    for byte in UInt8(0)...127 {
      let last = Character(Unicode.Scalar(byte))
      let value = try? read(PostgresUUID.self, uuid + String(last), .uuid)
      #expect((value != nil) == "0123456789abcdef".contains(last), "\(byte)")
      #expect(value.map { "\($0)" } == value.map { _ in uuid + String(last) })
    }
    refused(PostgresBits.self, .varbit, ["2", "1 "])
    refused(PostgresBytea.self, .bytea, ["", "00", "\\x0", "\\xAB", "\\x0g"])
    refused(LSN.self, .pgLSN, ["", "0", "/", "0/G", "0/123456789", "0/a"])
    refused(PostgresTID.self, .tid, ["(1,65536)", "(01,1)", "(1,2", "1,2"])
  }

  @Test func containers() {
    for text in ["", "{", "{1", "{1,}", "{,1}", "{{1},{2,3}}", "{{1},2}", "[1:1]={1}", "[0:1]={1}"]
    {
      let bytes = Array(text.utf8)
      #expect(throws: PostgresValueError.malformed, "\(text)") {
        try PostgresArray<Int32?>(postgresText: bytes.span, type: PostgresType(.array(.int4)))
      }
    }
    refused(PostgresRange<Int32>.self, .int4range, ["", "[1,5", "[,5)", "(1,]", "{1,5}", "1,5"])
    refused(PostgresMultirange<Int32>.self, .int4multirange, ["", "{[1,5)", "{[1,5),}", "[1,5)"])
    refused(PostgresPoint.self, .point, ["1,2", "(1,2", "(1)", "(1,2))"])
  }

  @Test func `a Swift type refuses what it can't hold and what it is not for`() throws {
    #expect(throws: PostgresValueError.outOfRange) { try read(Int16.self, "40000", .int4) }
    #expect(throws: PostgresValueError.outOfRange) { try read(UInt32.self, "-1", .int4) }
    #expect(throws: PostgresValueError.wrongType) { try read(Int64.self, "1", .text) }
    #expect(throws: PostgresValueError.wrongType) { try read(Float.self, "1", .float8) }
    #expect(throws: PostgresValueError.wrongType) { try read(Bool.self, "1", .int4) }
    let type = PostgresType(.array(.int4))
    let square = Array("{{1},{2}}".utf8)
    #expect(throws: PostgresValueError.outOfRange) {
      try [Int](postgresText: square.span, type: type)
    }
    #expect(try PostgresArray<Int>(postgresText: square.span, type: type).elements == [1, 2])
  }

  @Test func `a float4 is the same Double from text and from binary`() throws {
    let binary = [UInt8]([0x3D, 0xCC, 0xCC, 0xCD])
    let double = try Double(postgresBinary: binary.span, type: .builtin(.float4))
    #expect(try read(Double.self, "0.1", .float4) == double)
    #expect(double != 0.1)
  }
}
