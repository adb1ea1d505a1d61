import PGWire
import Testing

@Suite struct MD5PasswordTests {
  @Test func `answers as PostgreSQL expects`() throws {
    let response = try MD5Password.response(
      user: "md5user", password: Password("secret"), salt: 0x0102_0304)
    #expect(String(decoding: response, as: UTF8.self) == "md56b614f1bd5dc8478f5705c783c9bbdc0")
  }
}
