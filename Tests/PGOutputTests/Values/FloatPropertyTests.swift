import PGOutput
import Testing

/// Floating-point numbers come back from their own text, bit for bit.
@Suite struct FloatPropertyTests {
  @Test func `a float8 comes back from its text`() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      var number = Double(bitPattern: random.next())
      if Bool.random() { number = Double(Int64.random(in: .min ... .max)) / 1e6 }
      guard number.isFinite else { continue }
      let text = Array(number.postgresText.utf8)
      let back = try Double(postgresText: text.span, type: .builtin(.float8))
      #expect(back.bitPattern == number.bitPattern, "\(number)")
    }
  }

  @Test func `a float4 comes back from its text`() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      let number = Float(bitPattern: random.next())
      guard number.isFinite else { continue }
      let text = Array(number.postgresText.utf8)
      let back = try Float(postgresText: text.span, type: .builtin(.float4))
      #expect(back.bitPattern == number.bitPattern, "\(number)")
    }
  }

  @Test func `digits at a bound are not the shortest ones`() {
    #expect((1e23).postgresText == "9.999999999999999e+22")
    #expect((1e22).postgresText == "1e+22")
    #expect((1e15).postgresText == "1e+15")
    #expect((123_456_789_012_345.0).postgresText == "123456789012345")
    #expect((0.0001).postgresText == "0.0001")
    #expect((0.00001).postgresText == "1e-05")
    #expect(Float(1e6).postgresText == "1e+06")
    #expect((-0.0).postgresText == "-0")
  }
}
