import ChangeSinks
import Foundation
import Testing

@testable import RedisSink

/// The server of Redis or Valkey that was started for these tests: what `PGCDC_REDIS_URL` says.
///
/// Its user may do everything. It is used by all tests at once, each with keys of its own.
enum TestRedis {
  static let url = environment["PGCDC_REDIS_URL"].flatMap { $0.isEmpty ? nil : $0 }

  /// Whether there is one.
  static var isThere: Bool { url != nil }

  /// Whether there has to be one.
  static var isRequired: Bool {
    !["", "0", "false"].contains(environment["CI"] ?? "")
  }

  private static var environment: [String: String] { ProcessInfo.processInfo.environment }

  /// Options for the server, of which no durability is asked.
  static func options(prefix: String = "") throws -> RedisOptions {
    var options = try RedisOptions(url: try #require(url))
    options.prefix = prefix
    options.requiresDurability = false
    return options
  }
}

/// Says what was tested and what was not.
@Suite struct RedisServerTests {
  @Test(
    .enabled(
      if: TestRedis.isThere || TestRedis.isRequired,
      "SKIPPED: no test with a server of Redis ran, since PGCDC_REDIS_URL is not set"))
  func `there is a server to test against`() async throws {
    try #require(TestRedis.isThere, "on CI there has to be a server: set PGCDC_REDIS_URL")
    let admin = RedisAdmin(try TestRedis.options())
    #expect(try await admin.call("PING").text == "PONG")
  }
}
