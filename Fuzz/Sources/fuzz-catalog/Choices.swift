import PGWire

/// Reads an input as a row of choices, so that a fuzzer can steer them.
struct Choices {
  private var rest: ArraySlice<UInt8>

  init(_ input: [UInt8]) {
    rest = input[...]
  }

  var isEmpty: Bool { rest.isEmpty }

  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

  mutating func number() -> UInt64 {
    (0..<8).reduce(0) { number, _ in number << 8 | UInt64(byte()) }
  }

  /// What a server might say in a column: nothing, a number, a position, a word, anything.
  mutating func value() -> String? {
    switch byte() % 8 {
    case 0: nil
    case 1: Self.hostile[Int(byte()) % Self.hostile.count]
    case 2: String(Int64(bitPattern: number()))
    case 3: String(number())
    case 4: LSN(rawValue: number()).description
    case 5: byte() & 1 == 0 ? "t" : "f"
    case 6: String(byte())
    default: text()
    }
  }

  /// Up to 31 bytes, as text.
  mutating func text() -> String {
    let count = Int(byte() % 32)
    let bytes = Array(rest.prefix(count))
    rest = rest.dropFirst(count)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Columns by name, some of which are missing.
  mutating func row(_ columns: [String]) -> [String: String] {
    var row: [String: String] = [:]
    for column in columns { row[column] = value() }
    return row
  }

  /// Up to four rows.
  mutating func rows(_ columns: [String]) -> [[String: String]] {
    (0..<byte() % 5).map { _ in row(columns) }
  }

  private static let hostile = [
    "", " ", "-", "9223372036854775807", "-9223372036854775808", "18446744073709551615",
    "99999999999999999999", "4294967295", "2147483647", "-1", "0", "1e300", "NaN", "infinity",
    "FFFFFFFF/FFFFFFFF", "0/0", "logical", "physical", "reserved", "unreserved", "lost",
    "a\nforged: line", "\u{1B}]0;title\u{7}", "\u{202E}reversed", "\u{9B}2J", "\"quoted\"",
    "'; DROP TABLE t; --", "{a,b}", "1,2,3", "\u{0}", "pgoutput", "idle_timeout", "1min", "2s",
    "99999999999d", "d", "f", "n", "i",
  ]
}
