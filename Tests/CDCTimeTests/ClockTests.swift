import CDCTime
import TestSupport
import Testing

@Suite struct ClockTests {
  @Test(
    arguments: [
      (0, 946_684_800_000), (1, 946_684_800_000), (999, 946_684_800_000),
      (1000, 946_684_800_001), (-1, 946_684_799_999), (-1000, 946_684_799_999),
      (-1001, 946_684_799_998),
      // Around 1970.
      (-946_684_800_000_000, 0), (-946_684_799_999_001, 0), (-946_684_799_999_000, 1),
      (-946_684_800_000_001, -1), (-946_684_800_001_000, -1), (-946_684_800_001_001, -2),
      // The ends.
      (.max, .max), (.min, .min),
      (.max - 1, 9_224_318_721_654_775), (.min + 1, -9_222_425_352_054_776),
    ] as [(Int64, Int64)])
  func `microseconds become milliseconds, rounded down`(micros: Int64, ms: Int64) {
    #expect(postgresClockToUnixMs(micros) == ms)
  }

  @Test(
    arguments: [
      (0, -946_684_800_000_000), (946_684_800_000_000, 0), (-1, -946_684_800_000_001),
      (.max, .max), (.max - 1, 9_222_425_352_054_775_806), (.min, .min), (.min + 1, .min),
      (.min + 946_684_800_000_001, .min + 1), (.min + 946_684_799_999_999, .min),
    ] as [(Int64, Int64)])
  func `counts from 1970, or ends`(unix: Int64, micros: Int64) {
    #expect(PostgresTimestamp(unixMicroseconds: unix).microseconds == micros)
  }

  @Test(
    arguments: [
      (0, 946_684_800_000_000), (-946_684_800_000_000, 0), (-946_684_800_000_001, -1),
      (.max, .max), (.min, .min), (.min + 1, -9_222_425_352_054_775_807),
      (.max - 946_684_800_000_001, .max - 1), (9_223_371_331_199_999_999, .max),
    ] as [(Int64, Int64)])
  func `counts to 1970, or ends`(micros: Int64, unix: Int64) {
    #expect(PostgresTimestamp(microseconds: micros).unixMicroseconds == unix)
  }

  @Test func `the clock goes and is in this century`() {
    let before = postgresClockNow()
    let now = PostgresTimestamp.now()
    let after = postgresClockNow()
    #expect(before <= now.microseconds)
    #expect(now.microseconds <= after)
    #expect(now > PostgresTimestamp("2025-01-01 00:00:00+00") ?? .infinity)
    #expect(now < PostgresTimestamp("2100-01-01 00:00:00+00") ?? .negativeInfinity)
  }

  @Test func `the epochs lie 10957 days apart`() {
    #expect(postgresEpochMicros == 10_957 * 86_400_000_000)
    let unixEpoch = PostgresTimestamp(unixMicroseconds: 0)
    #expect(unixEpoch.microseconds == -postgresEpochMicros)
    #expect(unixEpoch.iso8601UTC == "1970-01-01T00:00:00Z")
  }

  @Test func `only the extreme values are infinite`() {
    #expect(!PostgresTimestamp.infinity.isFinite)
    #expect(!PostgresTimestamp.negativeInfinity.isFinite)
    #expect(PostgresTimestamp(microseconds: .max - 1).isFinite)
    #expect(PostgresTimestamp(microseconds: .min + 1).isFinite)
    #expect(PostgresTimestamp.negativeInfinity < PostgresTimestamp(microseconds: .min + 1))
    #expect(PostgresTimestamp(microseconds: .max - 1) < .infinity)
  }
}
