import PGOutput
import PGOutputTestSupport
import ReplicationTestKit

/// Values of every type in binary, as long as is wanted.
enum GrowingValue {
  /// A value of the type that has `count` items, or characters, or one of fixed length.
  ///
  /// There is no default, so that the compiler asks for what is new. `nil` where no server sends
  /// a binary form that determines the text.
  static func binary(_ type: BuiltinType, _ count: Int) -> [UInt8]? {
    switch type {
    case .bool: [1]
    case .char: [0x41]
    case .int2: number(5, 2)
    case .int4, .oid, .xid, .cid: number(5, 4)
    case .float4: bytes(hex: "3f8ccccd")
    case .int8, .xid8, .oid8, .money, .pgLSN, .time, .timestamp, .timestamptz: number(5, 8)
    case .float8: bytes(hex: "3ff199999999999a")
    case .date: number(5, 4)
    case .tid: number(5, 6)
    case .timetz: number(5, 8) + number(0, 4)
    case .interval: number(5, 8) + number(3, 4) + number(14, 4)
    case .uuid: number(5, 16)
    case .inet: bytes(hex: "02180004c0a80105")
    case .cidr: bytes(hex: "020801040a000000")
    case .macaddr: number(5, 6)
    case .macaddr8: number(5, 8)
    case .point: points(1)
    case .line: number(5, 24)
    case .lseg, .box: points(2)
    case .circle: points(1) + number(0, 8)
    case .path: [1] + number(count, 4) + points(count)
    case .polygon: number(count, 4) + points(count)
    case .text, .varchar, .bpchar, .name, .refcursor, .xml: quoted(count)
    case .json: document(count)
    case .jsonb: [1] + document(count)
    case .jsonpath: [1] + quoted(count)
    case .bytea: [UInt8](repeating: 0xA5, count: count)
    case .bit, .varbit: number(8 * count, 4) + [UInt8](repeating: 0xA5, count: count)
    case .numeric: numeric(groups: max(1, count))
    case .tsvector:
      number(count, 4) + repeated(count) { Array("w'\($0)".utf8) + [0, 0, 1, 0, 5] }
    case .tsquery: tsquery(count)
    case .int2vector: array(BuiltinType.int2.oid, count, number(5, 2), lowerBound: 0)
    case .oidvector: array(BuiltinType.oid.oid, count, number(5, 4), lowerBound: 0)
    case .pgSnapshot, .txidSnapshot:
      number(count, 4) + number(1, 8) + number(count + 1, 8) + repeated(count) { number($0, 8) }
    case .int4range, .daterange: range(number(1, 4), number(9, 4))
    case .int8range, .tsrange, .tstzrange: range(number(1, 8), number(9, 8))
    case .numrange: range(numeric(groups: 1), numeric(groups: 2))
    case .int4multirange, .datemultirange: multirange(count, range(number(1, 4), number(9, 4)))
    case .int8multirange, .tsmultirange, .tstzmultirange:
      multirange(count, range(number(1, 8), number(9, 8)))
    case .nummultirange: multirange(count, range(numeric(groups: 1), numeric(groups: 2)))
    case .regproc, .regprocedure, .regoper, .regoperator, .regclass, .regtype, .regconfig,
      .regdictionary, .regnamespace, .regrole, .regcollation, .regdatabase, .aclitem, .gtsvector:
      nil
    }
  }

  /// An array of one dimension with `count` equal values.
  static func array(
    _ element: UInt32, _ count: Int, _ value: [UInt8], lowerBound: Int = 1
  ) -> [UInt8] {
    number(1, 4) + number(0, 4) + number(Int(element), 4) + number(count, 4)
      + number(lowerBound, 4) + repeated(count) { _ in sized(value) }
  }

  /// A composite with `count` equal fields.
  static func composite(_ field: UInt32, _ count: Int, _ value: [UInt8]) -> [UInt8] {
    number(count, 4) + repeated(count) { _ in number(Int(field), 4) + sized(value) }
  }

  static func range(_ lower: [UInt8], _ upper: [UInt8]) -> [UInt8] {
    [2] + sized(lower) + sized(upper)
  }

  static func multirange(_ count: Int, _ range: [UInt8]) -> [UInt8] {
    number(count, 4) + repeated(count) { _ in sized(range) }
  }

  static func hstore(_ count: Int) -> [UInt8] {
    number(count, 4) + repeated(count) { sized(Array("k\"\($0)".utf8)) + sized(quoted(2)) }
  }

  static func sized(_ value: [UInt8]) -> [UInt8] { number(value.count, 4) + value }

  /// A number in `count` bytes, the most significant first.
  static func number(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).reversed().map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
  }

  private static func repeated(_ count: Int, _ item: (Int) -> [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    for index in 0..<count { bytes += item(index) }
    return bytes
  }

  private static func quoted(_ count: Int) -> [UInt8] {
    (0..<count).map { $0 % 3 == 1 ? UInt8(ascii: "\"") : $0 % 3 == 2 ? UInt8(ascii: " ") : 0x61 }
  }

  private static func document(_ count: Int) -> [UInt8] {
    Array("[0".utf8) + repeated(count) { Array(",\"\($0)\\n\"".utf8) } + [UInt8(ascii: "]")]
  }

  private static func points(_ count: Int) -> [UInt8] {
    repeated(count) { _ in bytes(hex: "3ff8000000000000c000000000000000") }
  }

  private static func numeric(groups: Int) -> [UInt8] {
    number(groups, 2) + number(groups - 1, 2) + [0, 0, 0, 0]
      + repeated(groups) { _ in number(1234, 2) }
  }

  /// `'a' & 'a' & …`: the operators first, each in the left operand of the one before.
  private static func tsquery(_ count: Int) -> [UInt8] {
    let word: [UInt8] = [1, 0, 0, 0x61, 0]
    let operands = max(1, count)
    return number(2 * operands - 1, 4) + repeated(operands - 1) { _ in [2, 2] + word } + word
  }
}
