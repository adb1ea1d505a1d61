import ChangeSinks
import Foundation
import PGWire
import Testing

@testable import RedisSink

@Suite struct RedisPasswordTests {
  @Test func `a password is not printed`() {
    let password = RedisPassword.text("sesame")
    var dumped = ""
    dump(password, to: &dumped)
    #expect(!"\(password)\(String(reflecting: password))\(dumped)".contains("sesame"))
  }

  @Test func `it may be in a file`() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "password-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    for content in ["sesame", "sesame\n", "sesame\r\n"] {
      try Data(content.utf8).write(to: URL(filePath: path))
      #expect(try RedisPassword.file(path).resolved(for: "test") == Array("sesame".utf8))
    }
    try Data(repeating: 0x61, count: 5000).write(to: URL(filePath: path))
    #expect(throws: SinkError.self) { try RedisPassword.file(path).resolved(for: "test") }
  }

  @Test func `a place where it is not is named`() {
    let variable = "PGCDC_TEST_NO_SUCH_VARIABLE"
    let unset = #expect(throws: SinkError.self) {
      try RedisPassword.environment(variable).resolved(for: "test")
    }
    #expect(unset?.reason.contains(variable) == true)
    let missing = #expect(throws: SinkError.self) {
      try RedisPassword.file("/no/such/file").resolved(for: "test")
    }
    #expect(missing?.reason.contains("/no/such/file") == true)
    #expect(missing?.category == .needsOperator)
  }
}
