import ArgumentParser
import PGWire

/// What a soak runs: tables, writers, and consumers that compare what they have with the source.
@main struct SoakTrial: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "soak-trial",
    abstract: "The programs of Scripts/soak, on a server where you may play.",
    subcommands: [Prepare.self, Work.self, Consume.self, Mark.self, Query.self])
}

/// The server, which may be one of several hosts.
struct Server: ParsableArguments {
  @Option(help: "The server, as a URI or key=value string.")
  var url: String

  func options() throws -> ConnectionOptions { try ConnectionOptions(url) }

  func connect() async throws -> WireConnection {
    try await WireConnection.connect(try options())
  }
}

/// What has gone wrong, for people.
struct SoakError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

extension WireConnection {
  /// The first column of what the last statement returns.
  func column(_ sql: String) async throws -> [String] {
    let results = try await query(sql)
    return (results.last?.rows ?? []).compactMap { $0.first ?? nil }
  }

  /// The server's major version.
  func majorVersion() async throws -> Int {
    let number = try await column("SELECT current_setting('server_version_num')").first
    guard let number = number.flatMap({ Int($0) }) else {
      throw SoakError("the server does not say its version")
    }
    return number / 10000
  }
}

extension String {
  /// As an identifier of SQL.
  var quoted: String { "\"\(replacing("\"", with: "\"\""))\"" }
  /// As a string of SQL.
  var literal: String { "'\(replacing("'", with: "''"))'" }
}
