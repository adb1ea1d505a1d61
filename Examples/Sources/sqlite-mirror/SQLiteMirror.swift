import ArgumentParser
import Logging
import PGWire
import ReplicationCore

/// Mirrors the tables of a publication into an SQLite file.
///
/// This file is about the command line; ``Mirror`` is where to read on.
@main struct SQLiteMirror: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sqlite-mirror",
    abstract: "Mirror the published tables of a PostgreSQL database into an SQLite file.",
    discussion: """
      It goes on until SIGINT or SIGTERM, and where it has stopped when it is started again. The \
      slot is made at the first start; tables should be empty then.
      """)

  @Option(help: "The server, as a URI or key=value string.")
  var url: String

  @Option(help: "The replication slot's name.")
  var slot = "sqlite_mirror"

  @Option(name: .customLong("publication"), help: "A publication; can be given more than once.")
  var publications: [String]

  @Option(help: "The SQLite file; it is made if there is none.")
  var database: String

  @Flag(help: "End when everything is there that is committed now.")
  var untilNow = false

  @Flag(help: "Also log on standard error what goes well.")
  var verbose = false

  func run() async throws {
    var params = try ReplicationParams(url: url, slot: slot, publications: publications)
    params.logger = Logger(label: "sqlite-mirror") { StreamLogHandler.standardError(label: $0) }
    params.logger.logLevel = verbose ? .info : .warning
    let server = try await ServerFacts.ask(params.connection)
    params.streaming = server.version >= 14 ? .on : .off
    params.stopAt = untilNow ? server.position : nil

    let file = try MirrorFile(path: database)
    let checkpoints = try CheckpointTable(path: database)
    try await FirstStart.prepare(params, checkpoints)
    let subscription = try Subscription(params, checkpoints: checkpoints)
    let signals = Signals { subscription.stop() }
    let result: Result<Void, any Error>
    do {
      result = .success(try await Mirror(subscription, file, params.logger).run())
    } catch {
      result = .failure(error)
    }
    // In good order whatever has happened: what is acknowledged is reported, and the slot free.
    try await subscription.close()
    try result.get()
    if let signal = signals.received { throw ExitCode(128 + signal) }
  }
}
