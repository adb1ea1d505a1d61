import CDCTime
import Testing

/// The text of times against what servers print.
@Suite struct ServerTextTests {
  @Test func `prints what the server prints`() throws {
    let rows = try serverRows(serverTimestamps, columns: 3)
    #expect(rows.count == 111)
    for row in rows {
      let time = PostgresTimestamp(microseconds: row.microseconds)
      #expect(time.description == row.texts[0])
      #expect(time.text(as: .timestamptz) == row.texts[0])
      #expect(time.text(as: .timestamp) == row.texts[1])
    }
  }

  @Test func `reads what the server prints`() throws {
    for row in try serverRows(serverTimestamps, columns: 3) {
      let time = PostgresTimestamp(microseconds: row.microseconds)
      #expect(PostgresTimestamp(row.texts[0]) == time)
      #expect(PostgresTimestamp(row.texts[0], as: .timestamptz) == time)
      #expect(PostgresTimestamp(row.texts[1]) == time)
      #expect(PostgresTimestamp(row.texts[1], as: .timestamp) == time)
    }
  }

  @Test func `reads every offset, in text and in JSON`() throws {
    let rows = try serverRows(serverZones, columns: 3)
    #expect(rows.count == 28)
    for row in rows {
      let time = PostgresTimestamp(microseconds: row.microseconds)
      for text in row.texts {
        #expect(PostgresTimestamp(text, as: .timestamptz) == time, "\(text)")
        #expect(PostgresTimestamp(text) == time, "\(text)")
      }
    }
  }

  @Test func `reads bytes as it reads a string`() throws {
    for row in try serverRows(serverTimestamps, columns: 3) {
      let bytes = Array(row.texts[0].utf8)
      let time = PostgresTimestamp(bytes.span, as: .timestamptz)
      #expect(time == PostgresTimestamp(microseconds: row.microseconds))
    }
  }

  @Test func `orders times as the server does`() throws {
    let times = try serverRows(serverTimestamps, columns: 3).compactMap { row in
      PostgresTimestamp(row.texts[0])
    }
    #expect(times.count == 111)
    #expect(times == times.sorted())
    #expect(times.first == .negativeInfinity)
    #expect(times.last == .infinity)
  }
}
