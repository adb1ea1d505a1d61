import PGOutput
import Testing

@Suite struct NumericTests {
  private func number(_ text: String) throws -> PostgresNumeric {
    try #require(PostgresNumeric(postgresText: text))
  }

  @Test func `equal values hash alike whatever their scale`() throws {
    let long = "1." + String(repeating: "0", count: 60)
    for (left, right) in [("1.0", "1.00"), ("0", "0.000"), ("1", long), ("100", "100.0")] {
      #expect(try number(left) == number(right))
      #expect(try number(left).hashValue == number(right).hashValue)
      #expect(try number(left).description == left)
    }
    #expect(PostgresNumeric.nan == .nan)
  }

  @Test func `the order is the server's`() throws {
    let ordered = [
      "-Infinity", "-100000000000000000000000000000000000000000", "-10.5", "-10.45", "-0.001", "0",
      "0.0001", "0.5", "2", "10", "10.01", "99999999999999999999999999999999999999.5", "Infinity",
      "NaN",
    ]
    for (left, right) in zip(ordered, ordered.dropFirst()) {
      #expect(try number(left) < number(right), "\(left) < \(right)")
      #expect(try !(number(right) < number(left)))
    }
  }

  @Test func `conversions say when they lose something`() throws {
    #expect(try Int(exactly: number("-42.00")) == -42)
    #expect(try Int(exactly: number("42.5")) == nil)
    #expect(try Int64(exactly: number("9223372036854775808")) == nil)
    #expect(try Int64(exactly: number("-9223372036854775808")) == .min)
    #expect(try UInt8(exactly: number("-1")) == nil)
    #expect(Int(exactly: PostgresNumeric.nan) == nil)
    #expect(try Double(exactly: number("0.5")) == 0.5)
    #expect(try Double(exactly: number("0.1")) == nil)
    #expect(try Double(number("0.1")) == 0.1)
    #expect(
      PostgresNumeric(exactly: 0.1).description.hasPrefix("0.1000000000000000055511151231257827"))
    #expect(PostgresNumeric(exactly: -1e23).description == "-99999999999999991611392")
    #expect(Double(PostgresNumeric(exactly: .leastNonzeroMagnitude)) == .leastNonzeroMagnitude)
  }

  @Test func `numbers of one's own`() {
    #expect(PostgresNumeric(unscaled: 12345, scale: 2)?.description == "123.45")
    #expect(PostgresNumeric(unscaled: -5, scale: 3)?.description == "-0.005")
    #expect(PostgresNumeric(unscaled: 0, scale: 2)?.description == "0.00")
    #expect(PostgresNumeric(unscaled: 1, scale: 16384) == nil)
    #expect(PostgresNumeric(Int128.max) == PostgresNumeric(postgresText: "\(Int128.max)"))
    #expect(PostgresNumeric(Int64.min).description == "-9223372036854775808")
  }
}
