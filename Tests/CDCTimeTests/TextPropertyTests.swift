import CDCTime
import TestSupport
import Testing

/// Laws of the text, over random values that are the same in every run.
@Suite struct TextPropertyTests {
  private let range: ClosedRange<Int64> = -211_813_488_000_000_000...9_223_371_331_199_999_999

  @Test func `what is printed is read back`() {
    var random = RepeatableGenerator(seed: 1)
    for round in 0..<20_000 {
      let grains: [Int64] = [1, 10, 1000, 100_000, 1_000_000]
      let drawn = Int64.random(
        in: round % 2 == 0 ? range : -211_813_488_000_000_000...20_000_000_000_000_000,
        using: &random)
      let grain = grains[round % grains.count]
      let time = PostgresTimestamp(microseconds: drawn / grain * grain)
      for type in PostgresTimestamp.SQLType.allCases {
        for style in PostgresTimestamp.TextStyle.allCases {
          let text = time.text(as: type, style: style)
          guard PostgresTimestamp(text, as: type) == time else {
            Issue.record("\(time.microseconds) printed \(text)")
            return
          }
        }
      }
    }
  }

  @Test func `text in UTC orders as the times do`() {
    var random = RepeatableGenerator(seed: 2)
    let years: ClosedRange<Int64> = -63_082_281_600_000_000...252_455_615_999_999_999
    for _ in 0..<5000 {
      let left = PostgresTimestamp(microseconds: .random(in: years, using: &random))
      let right = PostgresTimestamp(microseconds: .random(in: years, using: &random))
      #expect((left < right) == (left.iso8601UTC.dropLast() < right.iso8601UTC.dropLast()))
    }
  }

  /// A text in UTC that is read at all is the one that the value prints.
  @Test func `one byte off is another time or no time`() throws {
    let alphabet = Array("0123456789-+:. TZBC".utf8)
    var random = RepeatableGenerator(seed: 3)
    var accepted = 0
    for row in try serverRows(serverTimestamps, columns: 3) {
      for _ in 0..<200 {
        var bytes = Array(row.texts[0].utf8)
        let index = Int.random(in: bytes.indices, using: &random)
        switch UInt8.random(in: 0..<3, using: &random) {
        case 0: bytes[index] = alphabet.randomElement(using: &random) ?? 0
        case 1: bytes.remove(at: index)
        default: bytes.insert(alphabet.randomElement(using: &random) ?? 0, at: index)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.contains("+00"), !text.contains("+00:"), let time = PostgresTimestamp(text)
        else { continue }
        accepted += 1
        #expect(time.description == text)
      }
    }
    #expect(accepted > 1000)
  }

  @Test func `every prefix is refused or a time of its own`() {
    let text = Array("0044-03-15 12:34:56.789123+05:53:28 BC".utf8)
    var accepted: [Int] = []
    for length in 0..<text.count {
      let prefix = Array(text.prefix(length))
      if PostgresTimestamp(prefix.span) != nil { accepted.append(length) }
    }
    // The end of the seconds, each digit of the fraction, and each whole offset.
    #expect(accepted == [19, 21, 22, 23, 24, 25, 26, 29, 32, 35])
  }

  @Test func `no bytes trap`() {
    var random = RepeatableGenerator(seed: 4)
    for _ in 0..<20_000 {
      let count = Int.random(in: 0...40, using: &random)
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(PostgresTimestamp(bytes.span) == nil)
    }
  }

  @Test(
    arguments: [
      (Int64.max - 1, "294277-01-09 04:00:54.775806+00"),
      (Int64.min + 1, "290279-12-22 19:59:05.224193+00 BC"),
      (9_223_371_331_200_000_000, "294277-01-01 00:00:00+00"),
    ] as [(Int64, String)])
  func `prints what no server holds, and does not read it`(microseconds: Int64, text: String) {
    let time = PostgresTimestamp(microseconds: microseconds)
    #expect(time.isFinite)
    #expect(time.description == text)
    #expect(PostgresTimestamp(text) == nil)
  }
}
