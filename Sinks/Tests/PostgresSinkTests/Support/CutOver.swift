import ArgumentParser
import ChangeSinks
import ReplicationCore
import Testing

@testable import pgcdc_sink

/// What tests do before and with `pgcdc-sink postgres --cut-over`.
enum CutOver {
  /// The command line of a connector that is run once more.
  static func command(
    _ site: TestSite, _ options: [String] = []
  ) throws -> PostgresCommand {
    let arguments = [
      "--to", try #require(Servers.target), "--url", try #require(Servers.source), "--slot",
      site.name, "--publication", site.name, "--state-schema", "\(site.name)_state",
      "--end-former-session", "--cut-over",
    ]
    return try PostgresCommand.parse(arguments + options)
  }

  static func run(_ site: TestSite, _ options: [String] = []) async throws {
    try await command(site, options).run()
  }

  /// Mirrors the tables from their first row on, and ends.
  static func mirror(_ site: TestSite) async throws {
    var options = ConnectorOptions()
    options.subscription.snapshot = .initial()
    try await RunningConnector.with(site, options) { running in try await running.settle() }
  }

  /// Why something was not done.
  static func refusal(_ body: () async throws -> Void) async -> String {
    do {
      try await body()
      return "nothing was refused"
    } catch {
      return "\(error)"
    }
  }
}
