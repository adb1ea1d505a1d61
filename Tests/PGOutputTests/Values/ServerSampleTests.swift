import PGOutput
import PGOutputTestSupport
import ReplicationTestKit
import Testing

/// Values as PostgreSQL 15.18 has printed and sent them.
@Suite struct ServerSampleTests {
  static let samples: [(BuiltinType, String, String)] = [
    (.bool, "t", "01"), (.char, "A", "41"), (.int2, "-2", "fffe"), (.int4, "-2", "fffffffe"),
    (.oid, "4294967295", "ffffffff"), (.pgLSN, "16/B374D848", "00000016b374d848"),
    (.tid, "(1,2)", "000000010002"), (.float4, "1.1", "3f8ccccd"),
    (.float8, "1.1", "3ff199999999999a"),
    (.numeric, "12345.678", "000300010000000300010929 1a7c"),
    (.numeric, "-0.0001", "0001ffff400000040001"), (.numeric, "0.00", "0000000000000002"),
    (.numeric, "NaN", "00000000c0000000"), (.numeric, "Infinity", "00000000d0000020"),
    (.numeric, "100000000000000000000", "00010005000000000001"), (.bpchar, "ab   ", "6162202020"),
    (.bytea, "\\x00ff10", "00ff10"), (.date, "2000-01-02", "00000001"),
    (.date, "0044-03-15 BC", "fff49d7b"), (.date, "infinity", "7fffffff"),
    (.time, "13:14:15.000001", "0000000b187597c1"), (.time, "24:00:00", "000000141dd76000"),
    (.timetz, "13:14:15.000001+02:30", "0000000b187597c1ffffdcd8"),
    (.timestamptz, "2024-06-01 10:34:56.789+00", "0002bcd06b891e08"),
    (.timestamp, "0001-01-01 00:00:00 BC", "ff1fc63d1bb12000"),
    (.interval, "1 year 2 mons 3 days 04:05:06.7", "000000036c966ee0000000030000000e"),
    (.interval, "infinity", "7fffffffffffffff7fffffff7fffffff"),
    (.inet, "192.168.1.5/24", "02180004c0a80105"),
    (.inet, "::1/64", "0340001000000000000000000000000000000001"),
    (.cidr, "10.0.0.0/8", "020801040a000000"), (.varbit, "101", "00000003a0"),
    (.money, "-$12.34", "fffffffffffffb2e"),
    (.point, "(1.5,-2)", "3ff8000000000000c000000000000000"),
    (.oid8, "18446744073709551615", "ffffffffffffffff"),
    (.int4range, "[1,5)", "0200000004000000010000000400000005"), (.int4range, "empty", "01"),
    (.int4range, "(,5)", "080000000400000005"), (.int4multirange, "{}", "00000000"),
    (.jsonb, #"{"a": [1, null], "b": 1}"#, "017b2261223a205b312c206e756c6c5d2c202262223a20317d"),
  ]

  @Test(arguments: samples.indices)
  func `the binary form gives the server's text`(index: Int) throws {
    let (type, text, hex) = Self.samples[index]
    let binary = bytes(hex: hex)
    #expect(try String(postgresBinary: binary.span, type: .builtin(type)) == text)
  }

  @Test func `an array of one dimension, with NULL`() throws {
    let type = PostgresType(.array(.int4))
    let binary = bytes(
      hex: """
        00000001 00000001 00000017 00000003 00000001 00000004 00000001 ffffffff 00000004 00000003
        """)
    #expect(try String(postgresBinary: binary.span, type: type) == "{1,NULL,3}")
    #expect(try [Int32?](postgresBinary: binary.span, type: type) == [1, nil, 3])
    let text = Array("{1,NULL,3}".utf8)
    #expect(try [Int32?](postgresText: text.span, type: type) == [1, nil, 3])
    #expect(throws: PostgresValueError.nullElement) {
      try [Int32](postgresText: text.span, type: type)
    }
  }

  @Test func `an empty array`() throws {
    let type = PostgresType(.array(.int4))
    let binary = bytes(hex: "000000000000000000000017")
    #expect(try String(postgresBinary: binary.span, type: type) == "{}")
    #expect(try PostgresArray<Int>(postgresBinary: binary.span, type: type) == PostgresArray([]))
  }

  @Test func `a composite whose fields nobody has named`() throws {
    let binary = bytes(hex: "00000002 00000017 00000004 00000001 00000019 00000001 71")
    let type = PostgresType(.unknown(oid: 20_000))
    let value = try PostgresComposite(postgresBinary: binary.span, type: type)
    #expect(try value.fields.first?.decode(Int32.self) == 1)
    #expect(try value.fields.last?.decode(String.self) == "q")
    #expect(throws: PostgresValueError.unknownType(oid: 20_000)) {
      try String(postgresBinary: binary.span, type: type)
    }
  }

  /// No binary form may trap, whatever is cut off or put behind it.
  @Test func `what is no binary form of its type is malformed`() {
    for (type, text, hex) in Self.samples where type != .bpchar && type != .bytea {
      let binary = bytes(hex: hex)
      for length in 0..<binary.count where !(type == .jsonb && length > 0) {
        let cut = Array(binary.prefix(length))
        let result = Result { () throws(PostgresValueError) in
          try String(postgresBinary: cut.span, type: .builtin(type))
        }
        #expect(result != .success(text), "\(type) of \(length) bytes")
      }
      guard type != .jsonb else { continue }
      let longer = binary + [0]
      #expect(throws: PostgresValueError.malformed, "\(type)") {
        try String(postgresBinary: longer.span, type: .builtin(type))
      }
    }
  }
}
