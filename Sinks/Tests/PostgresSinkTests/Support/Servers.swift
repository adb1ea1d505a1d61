import Foundation
import PGWire
import Testing

/// The two servers that the tests need.
///
/// `PGCDC_SOURCE_URL` is a superuser's URI of a database on a server with `wal_level = logical`, and
/// `PGCDC_TARGET_URL` one of another database.
enum Servers {
  static var source: String? { value("PGCDC_SOURCE_URL") }
  static var target: String? { value("PGCDC_TARGET_URL") }

  /// Whether both are given.
  static var areGiven: Bool { source != nil && target != nil }

  /// Whether there have to be servers.
  static var areRequired: Bool { !["", "0", "false"].contains(value("CI") ?? "") }

  private static func value(_ name: String) -> String? {
    let value = ProcessInfo.processInfo.environment[name]
    return value?.isEmpty == false ? value : nil
  }
}

/// Says what was tested and what was not.
@Suite struct ServersTests {
  @Test(
    .enabled(
      if: Servers.areGiven || Servers.areRequired,
      "NOT RUN: no test of the sink ran against servers; set PGCDC_SOURCE_URL and PGCDC_TARGET_URL")
  )
  func `there are a source and a target`() throws {
    try #require(Servers.areGiven, "on CI there have to be a source and a target")
    #expect(Servers.source != Servers.target)
  }
}
