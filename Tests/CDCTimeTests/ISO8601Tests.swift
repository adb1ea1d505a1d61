import CDCTime
import Testing

@Suite struct ISO8601Tests {
  @Test(
    arguments: [
      (848_678_400_123_456, "2026-11-22T16:00:00.123456Z"),
      (757_479_845_500_000, "2024-01-02T03:04:05.5Z"),
      (0, "2000-01-01T00:00:00Z"),
      (-63_082_281_600_000_000, "0001-01-01T00:00:00Z"),
      (316_332_000_000_500_000, "12024-02-29T00:00:00.5Z"),
      (9_223_371_331_199_999_999, "294276-12-31T23:59:59.999999Z"),
      // What ISO 8601 can't say is as PostgreSQL writes it.
      (-63_082_281_600_000_001, "0001-12-31 23:59:59.999999+00 BC"),
      (-64_464_508_800_000_000, "0044-03-15 00:00:00+00 BC"),
      (.max, "infinity"), (.min, "-infinity"),
    ] as [(Int64, String)])
  func `prints UTC with a Z, and reads it back`(microseconds: Int64, text: String) {
    let time = PostgresTimestamp(microseconds: microseconds)
    #expect(time.iso8601UTC == text)
    #expect(time.text(as: .timestamptz, style: .iso8601) == text)
    #expect(PostgresTimestamp(text, as: .timestamptz) == time)
  }

  @Test(
    arguments: [
      (757_479_845_500_000, "2024-01-02T03:04:05.5"), (0, "2000-01-01T00:00:00"),
      (-64_464_508_800_000_000, "0044-03-15 00:00:00 BC"), (.max, "infinity"),
    ] as [(Int64, String)])
  func `prints a timestamp without a zone, and reads it back`(microseconds: Int64, text: String) {
    let time = PostgresTimestamp(microseconds: microseconds)
    #expect(time.text(as: .timestamp, style: .iso8601) == text)
    #expect(PostgresTimestamp(text, as: .timestamp) == time)
  }

  @Test(
    arguments: [
      ("2000-01-01T00:00:00.500Z", 500_000), ("2000-01-01T00:00:00.000Z", 0),
      ("2000-01-01T00:00:00.100000Z", 100_000), ("2000-01-01T00:00:00+00:00", 0),
      ("2000-01-01T05:30:00+05:30", 0), ("2000-01-01T00:00:00-01:00", 3_600_000_000),
      ("0001-12-31T00:00:00+00:00 BC", -63_082_368_000_000_000),
    ] as [(String, Int64)])
  func `reads the forms of other programs`(text: String, microseconds: Int64) {
    #expect(PostgresTimestamp(text) == PostgresTimestamp(microseconds: microseconds))
  }

  @Test func `appends to bytes that are there already`() {
    var bytes = Array("at=".utf8)
    PostgresTimestamp(microseconds: 0).append(to: &bytes, as: .timestamptz, style: .iso8601)
    PostgresTimestamp.infinity.append(to: &bytes, as: .timestamp)
    #expect(String(decoding: bytes, as: UTF8.self) == "at=2000-01-01T00:00:00Zinfinity")
  }
}
