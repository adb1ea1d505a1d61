import ArgumentParser
import Foundation
import PGWire

/// What puts the sinks to the test: tables, a workload, and a comparison row by row.
@main struct SinkTrial: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sink-trial",
    abstract: "Put the sinks to the test, on a server where you may play.",
    subcommands: [
      Prepare.self, Work.self, Drain.self, Compare.self, Query.self, Forward.self, Port.self,
      Backlog.self, Latency.self,
    ])
}

/// The server that changes come from.
struct SourceArguments: ParsableArguments {
  @Option(help: "The server, as a URI or key=value string; the rest is taken from PG* variables.")
  var url: String

  func options() throws -> ConnectionOptions {
    try ConnectionOptions(url, environment: ProcessInfo.processInfo.environment)
  }

  func connect() async throws -> WireConnection {
    try await WireConnection.connect(try options())
  }
}

/// What has gone wrong, for people.
struct TrialError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

extension WireConnection {
  /// The first column of what a statement returns.
  func column(_ sql: String) async throws -> [String] {
    let results = try await query(sql)
    return (results.last?.rows ?? []).compactMap { $0.first ?? nil }
  }
}
