import CDCTime
import TestSupport

/// Random values as literals of SQL, the same in every run with the same seed.
struct ValueSource: RandomNumberGenerator {
  private var numbers: RepeatableGenerator

  init(seed: UInt64) {
    numbers = RepeatableGenerator(seed: seed)
  }

  mutating func next() -> UInt64 { numbers.next() }

  mutating func many(_ make: (inout ValueSource) -> String) -> [String] {
    (0..<60).map { _ in make(&self) }
  }

  /// A number of so many bits, of any magnitude.
  mutating func int(_ bits: Int) -> Int64 {
    let number = Int64(bitPattern: next()) >> Int64(64 - bits)
    return number >> Int64(Int.random(in: 0..<bits, using: &self))
  }

  mutating func double() -> String {
    let number = Double(bitPattern: next())
    if Bool.random(using: &self) { return "\(Double(int(64)) / 1000)" }
    return number.isFinite ? "\(number)" : "1e23"
  }

  mutating func float() -> String {
    let number = Float(bitPattern: UInt32(truncatingIfNeeded: next()))
    return number.isFinite ? "\(number)" : "1e10"
  }

  mutating func numeric() -> String {
    let count = Int.random(in: 1...60, using: &self)
    let digits = (0..<count).map { _ in "\(Int.random(in: 0...9, using: &self))" }.joined()
    let point = Int.random(in: 0...count, using: &self)
    return (Bool.random(using: &self) ? "-" : "") + "0" + digits.prefix(point) + "."
      + digits.dropFirst(point) + "0"
  }

  mutating func text() -> String {
    let characters = Array(#"abc ,;:{}[]()"\'é☃"# + "\n\t")
    let count = Int.random(in: 0...12, using: &self)
    return String((0..<count).map { _ in characters.randomElement(using: &self) ?? "a" })
  }

  mutating func textArray() -> String {
    let items = (0..<Int.random(in: 1...4, using: &self)).map { _ in
      "\"" + text().replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
    return "{" + items.joined(separator: ",") + "}"
  }

  mutating func hex() -> String {
    let bytes = (0..<Int.random(in: 0...20, using: &self)).map { _ in next() & 0xFF }
    return "\\x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  mutating func date() -> String {
    let days = Int32.random(in: -2_451_545...2_145_031_948, using: &self) >> Int32(next() & 15)
    return PostgresDate(daysSince2000: days)?.description ?? "2000-01-01"
  }

  mutating func timestamp() -> String {
    let range: ClosedRange<Int64> = -211_813_488_000_000_000...9_223_371_331_199_999_999
    let micros = Int64.random(in: range, using: &self)
    return PostgresTimestamp(microseconds: micros).text(as: .timestamp)
  }

  mutating func interval() -> String {
    let time = "\(int(31).magnitude):\(next() % 60):\(next() % 60).\(100_000 + next() % 900_000)"
    return "\(int(28)) months \(int(31)) days \(Bool.random(using: &self) ? "-" : "")\(time)"
  }

  mutating func inet() -> String {
    let groups = (0..<8).map { _ in
      String(Bool.random(using: &self) ? 0 : next() & 0xFFFF, radix: 16)
    }
    return groups.joined(separator: ":") + "/\(Int.random(in: 0...128, using: &self))"
  }
}
