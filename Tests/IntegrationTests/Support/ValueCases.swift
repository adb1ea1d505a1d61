import CDCTime

/// One PostgreSQL type and values of it, as literals of SQL.
struct ValueCase: Sendable {
  let type: String
  let literals: [String]
  /// The first server version that has the type, or reads these values.
  var since = 13
}

/// Values of every type: the edges that are known, and many at random.
enum ValueCases {
  static func all(seed: UInt64) -> [ValueCase] {
    var random = ValueSource(seed: seed)
    return numbers(&random) + texts(&random) + times(&random) + network(&random)
      + geometry(&random) + containers(&random)
  }

  private static func numbers(_ random: inout ValueSource) -> [ValueCase] {
    let numerics = [
      "0", "0.00", "-0.0001", "1e20", "12345.678", "NaN", "0.10", "100", "10000", "1e-100",
      "1e1000",
      "99999999999999999999999999999999999999", "100000000000000000000000000000000000000",
      "0.00000000000000000000000000000000000001", "-123456789012345678901234567890123456789.5",
    ]
    return [
      ValueCase(type: "bool", literals: ["t", "f"]),
      ValueCase(
        type: "int2", literals: ["-32768", "32767", "0"] + random.many { "\($0.int(16))" }),
      ValueCase(
        type: "int4", literals: ["-2147483648", "2147483647"] + random.many { "\($0.int(32))" }),
      ValueCase(
        type: "int8",
        literals: ["-9223372036854775808", "9223372036854775807"] + random.many { "\($0.int(64))" }),
      ValueCase(type: "oid", literals: ["0", "4294967295"]),
      ValueCase(type: "xid", literals: ["0", "4294967295"]),
      ValueCase(type: "cid", literals: ["0", "4294967295"]),
      ValueCase(type: "xid8", literals: ["0", "18446744073709551615"]),
      ValueCase(type: "oid8", literals: ["0", "18446744073709551615"], since: 19),
      ValueCase(type: "tid", literals: ["(0,0)", "(4294967295,65535)", "(1,2)"]),
      ValueCase(
        type: "float8",
        literals: [
          "0", "-0", "1", "0.1", "1e15", "1e14", "123456789012345", "1234567890123456", "1e23",
          "9007199254740993", "5e-324", "1.7976931348623157e308", "2.2250738585072014e-308",
          "0.0001", "0.00001", "NaN", "Infinity", "-Infinity", "1e22", "9.5367431640625e-07",
          "18014398509481984", "36028797018963968", "1.2345678901234567e-10",
          "4.9406564584124654e-324",
        ] + random.many { $0.double() } + (0..<64).map { "\(sign: $0)" }),
      ValueCase(
        type: "float4",
        literals: [
          "0", "-0", "1.1", "1e6", "100000", "1234567", "0.0001", "1e-5", "1e-45", "3.4028235e38",
          "NaN", "Infinity", "-Infinity", "16777216", "33554432", "67108864", "8388608.5",
        ] + random.many { $0.float() }),
      ValueCase(
        type: "numeric", literals: numerics + random.many { $0.numeric() }),
      ValueCase(type: "numeric", literals: ["Infinity", "-Infinity"], since: 14),
      ValueCase(
        type: "money",
        literals: [
          "0", "-12.34", "1234567.89", "0.05", "-92233720368547758.08", "92233720368547758.07",
        ]),
      ValueCase(type: "pg_lsn", literals: ["0/0", "16/B374D848", "FFFFFFFF/FFFFFFFF", "0/A"]),
    ]
  }

  private static func texts(_ random: inout ValueSource) -> [ValueCase] {
    let texts = ["", " ", "a", "é☃𝄞", "a\"b\\c'd", "line\nbreak", "NULL", "{}", "(,)", "\u{1}"]
    return [
      ValueCase(type: "text", literals: texts + random.many { $0.text() }),
      ValueCase(type: "varchar(40)", literals: texts),
      ValueCase(type: "char(5)", literals: ["", "ab", "é", "abcde"]),
      ValueCase(type: "name", literals: ["", "n", "a b"]),
      ValueCase(type: "\"char\"", literals: ["", "A", "\\"]),
      ValueCase(type: "\"char\"", literals: [#"\377"#, #"\200"#], since: 16),
      ValueCase(type: "bytea", literals: ["\\x", "\\x00ff10"] + random.many { $0.hex() }),
      ValueCase(
        type: "uuid",
        literals: ["00000000-0000-0000-0000-000000000000", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"]),
      ValueCase(type: "json", literals: [#"{"a":  [1, null]}"#, "1", "\"x\""]),
      ValueCase(type: "jsonb", literals: [#"{"a":  [1, null], "é": 1e3}"#, "1", "\"x\""]),
      ValueCase(type: "jsonpath", literals: ["$.a[*] ? (@ > 1)"]),
      ValueCase(type: "xml", literals: ["<a b=\"c\">d</a>", "<?xml version=\"1.0\"?><x/>"]),
      ValueCase(
        type: "tsvector",
        literals: ["", "a:1A,2B,3C,4D b", "'it''s':5 'b\\\\c' é:16383"]),
      ValueCase(
        type: "tsquery",
        literals: [
          "", "a", "a & b | c", "!a & (b | c)", "a <-> (b <2> c)", "(a <-> b) <-> c", "!(a | b)",
          "a:*AB & 'it''s'", "!!a", "a & (b & c)", "(a|b) <-> c", "'b\\\\c':D",
        ]),
      ValueCase(type: "bit(5)", literals: ["10101", "00000"]),
      ValueCase(type: "varbit", literals: ["", "1", "101", "1111111100000000"]),
      ValueCase(type: "int2vector", literals: ["", "1 2 3", "-5"]),
      ValueCase(type: "oidvector", literals: ["", "1 4294967295"]),
      ValueCase(type: "pg_snapshot", literals: ["10:20:10,14,15", "1:1:"]),
    ]
  }

  private static func times(_ random: inout ValueSource) -> [ValueCase] {
    let times = [
      "infinity", "-infinity", "0044-03-15 01:02:03 BC", "12345-06-07 08:09:10.123456",
      "2000-01-01", "1999-12-31 23:59:59.999999", "4714-11-24 BC", "294276-12-31 23:59:59.999999",
      "0001-01-01 BC",
    ]
    return [
      ValueCase(
        type: "date",
        literals: ["infinity", "-infinity", "0044-03-15 BC", "5874897-12-31", "4714-11-24 BC"]
          + ["12345-01-02", "0001-01-01", "2000-02-29"] + random.many { $0.date() }),
      ValueCase(
        type: "time", literals: ["00:00:00", "24:00:00", "13:14:15.000001", "23:59:59.999999"]),
      ValueCase(
        type: "timetz",
        literals: ["13:14:15+02:30", "24:00:00+00", "00:00:00-15:59:59", "01:02:03.5+05:53:28"]),
      ValueCase(type: "timestamp", literals: times + random.many { $0.timestamp() }),
      ValueCase(type: "timestamptz", literals: times + random.many { $0.timestamp() }),
      ValueCase(
        type: "interval",
        literals: [
          "0", "1 year 2 mons 3 days 04:05:06.7", "-1 mons +1 day -00:00:01", "1 day -1 sec",
          "-1 year -1 day", "178956970 years 7 mons", "-178956970 years -8 mons", "1 mon -1 day",
          "1 mon -1 day +01:00", "-2147483648 days", "100 hours", "-1 us",
          "1 year", "2 years", "-1 days",
        ] + random.many { $0.interval() }),
      ValueCase(type: "interval", literals: ["2562047788 hours", "-2562047788 hours"], since: 15),
      ValueCase(type: "interval", literals: ["infinity", "-infinity"], since: 17),
    ]
  }

  private static func network(_ random: inout ValueSource) -> [ValueCase] {
    let v6 = [
      "::", "::1", "1::", "::ffff:10.0.0.1", "::10.0.0.1", "::0.0.0.2", "1:2:3:4:5:6:7:8",
      "1:0:0:2:0:0:0:3", "1:0:2:0:3:0:4:0", "fe80::1", "::2:3", "1:2:3:4:5:6::", "::ffff:0:0",
    ]
    return [
      ValueCase(
        type: "inet",
        literals: ["192.168.1.5/24", "10.0.0.1", "0.0.0.0/0", "::1/64"] + v6
          + random.many { $0.inet() }),
      ValueCase(type: "cidr", literals: ["10.0.0.0/8", "10.0.0.1/32", "0.0.0.0/0", "::/0"] + v6),
      ValueCase(type: "macaddr", literals: ["08:00:2b:01:02:03"]),
      ValueCase(type: "macaddr8", literals: ["08:00:2b:01:02:03:04:05"]),
    ]
  }

  private static func geometry(_ random: inout ValueSource) -> [ValueCase] {
    [
      ValueCase(
        type: "point",
        literals: ["(1.5,-2)", "(NaN,Infinity)"] + random.many { "(\($0.double()),\($0.double()))" }
      ),
      ValueCase(type: "line", literals: ["{1,-1,0}", "{1e+20,2.5,-3}"]),
      ValueCase(type: "lseg", literals: ["[(0,0),(1,1e-10)]"]),
      ValueCase(type: "box", literals: ["(0,0),(1,2)"]),
      ValueCase(type: "path", literals: ["[(0,0),(1,1)]", "((0,0),(1,1),(2,0))", "((1,2))"]),
      ValueCase(type: "polygon", literals: ["((0,0),(1,1),(2,0))"]),
      ValueCase(type: "circle", literals: ["<(1,2),3.5>"]),
    ]
  }

  private static func containers(_ random: inout ValueSource) -> [ValueCase] {
    let quoted = #"{a,"b,c",NULL,"NULL","",null,"q\"q","b\\b","{x}"," s",é,"line"# + "\n\"}"
    return [
      ValueCase(
        type: "int4[]",
        literals: ["{}", "{1,NULL,3}", "{{1},{2}}", "[0:1][5:5]={{1},{2}}", "[-2:0]={1,2,3}"]),
      ValueCase(type: "text[]", literals: ["{}", quoted] + random.many { $0.textArray() }),
      ValueCase(type: "box[]", literals: ["{(1,1),(0,0);(2,2),(1,1)}"]),
      ValueCase(type: "numeric[]", literals: ["{1.50,NaN}"]),
      ValueCase(type: "timestamptz[]", literals: ["{\"2000-01-01 00:00:00+00\",infinity}"]),
      ValueCase(type: "timestamp[]", literals: ["{\"2000-01-01 00:00:00\",-infinity}"]),
      ValueCase(type: "bool[]", literals: ["{t,f,NULL}", "{{{t}}}"]),
      ValueCase(type: "bytea[]", literals: [#"{"\\x00ff"}"#]),
      ValueCase(type: "int4range", literals: ["[1,5)", "empty", "(,5)", "(,)", "[3,)"]),
      ValueCase(type: "int8range", literals: ["[1,5)"]),
      ValueCase(type: "numrange", literals: ["(1.50,2]", "[NaN,NaN]"]),
      ValueCase(type: "daterange", literals: ["[2000-01-01,infinity]", "[2000-01-01,2000-01-02]"]),
      ValueCase(type: "tsrange", literals: ["[2000-01-01,)", "(-infinity,2000-01-01 00:00:01]"]),
      ValueCase(type: "tstzrange", literals: ["[2000-01-01,2001-01-01)"]),
      ValueCase(type: "int4range[]", literals: ["{\"[1,5)\",empty}"]),
      ValueCase(type: "int4multirange", literals: ["{}", "{[1,3),[5,7)}", "{(,)}"], since: 14),
      ValueCase(
        type: "tstzmultirange", literals: ["{[2000-01-01,2001-01-01),[2002-01-01,)}"], since: 14),
      ValueCase(type: "nummultirange", literals: ["{[1.5,2.5]}"], since: 14),
      ValueCase(type: "datemultirange", literals: ["{[2000-01-01,2000-02-01)}"], since: 14),
      ValueCase(type: "mood", literals: ["sad", "so-so, \"really\""]),
      ValueCase(type: "mood[]", literals: [#"{sad,"so-so, \"really\"",NULL}"#]),
      ValueCase(type: "posint", literals: ["5"]),
      ValueCase(type: "posint[]", literals: ["{1,NULL,3}"]),
      ValueCase(type: "pair", literals: ["(1,q)", "(,)", #"(1,"")"#, #"(2,"a,b ""c"" \\d")"#]),
      ValueCase(type: "pair[]", literals: [#"{"(1,q)","(,\"x y\")",NULL}"#]),
      ValueCase(type: "nested", literals: [#"("(1,""a b"")","{1,2}",sad)"#]),
      ValueCase(
        type: "textrange", literals: [#"["a b","c""d")"#, #"(,"")"#, "[a,z]", #"["(,",]"#]),
      ValueCase(type: "hstore", literals: ["", #""a"=>"1", "b"=>NULL, "q\"k"=>"x\\y""#]),
      ValueCase(type: "citext", literals: ["", "AbC"]),
      ValueCase(type: "citext[]", literals: ["{AbC,NULL}"]),
      ValueCase(type: "ltree", literals: ["", "a.b_1.C"]),
      ValueCase(type: "ltree[]", literals: ["{a.b,NULL}"]),
      ValueCase(type: "lquery", literals: ["a.*{1,2}.b|c@"]),
      ValueCase(type: "xid8[]", literals: ["{1,18446744073709551615,NULL}"]),
      ValueCase(type: "pg_snapshot[]", literals: ["{10:20:,NULL}"]),
    ]
  }
}

extension DefaultStringInterpolation {
  /// A power of two and its neighbours, where shortest digits are hard.
  fileprivate mutating func appendInterpolation(sign power: Int) {
    let base = Double(sign: .plus, exponent: power, significand: 1)
    appendLiteral("\(power % 3 == 0 ? base : power % 3 == 1 ? base.nextUp : base.nextDown)")
  }
}
