import ArgumentParser
import Logging
import PGOutput
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
      It continues until SIGINT or SIGTERM, and where it has stopped when it is started again. The \
      slot is created at the first start. The rows that tables have then are read while the stream \
      runs, and so are those of tables that are added to the publication later.
      """)

  @Option(help: "The server, as a URI or key=value string.")
  var url: String

  @Option(help: "The replication slot's name.")
  var slot = "sqlite_mirror"

  @Option(name: .customLong("publication"), help: "A publication; can be given more than once.")
  var publications: [String]

  @Option(help: "The SQLite file; it is made if there is none.")
  var database: String

  @Option(
    name: .customLong("read-again"), help: "A table to read again; can be given more than once.")
  var readAgain: [String] = []

  @Option(help: "How many ranges of tables to read at once.")
  var workers = 2

  @Option(help: "About how many bytes of rows a range has.")
  var chunkBytes = 4 << 20

  @Flag(help: "End when all tables are whole, and everything is there that was committed then.")
  var untilNow = false

  @Flag(help: "Also log on standard error what goes well.")
  var verbose = false

  func run() async throws {
    var params = try ReplicationParams(url: url, slot: slot, publications: publications)
    params.logger = Logger(label: "sqlite-mirror") { StreamLogHandler.standardError(label: $0) }
    params.logger.logLevel = verbose ? .info : .warning
    params.createsSlot = true
    var server = try await ServerFacts.ask(params.connection, publications)
    params.streaming = server.version >= 14 ? .on : .off

    let file = try MirrorFile(path: database)
    if untilNow {
      let whole = try await file.wholeTables()
      try await mirror(params, file, untilWhole: server.tables.subtracting(whole))
      server = try await ServerFacts.ask(params.connection, publications)
      params.stopAt = server.position
      try await mirror(params, file)
    } else {
      try await mirror(params, file)
    }
  }

  /// Mirrors until the stream ends, or some tables are whole.
  private func mirror(
    _ params: ReplicationParams, _ file: MirrorFile, untilWhole tables: Set<UInt32>? = nil
  ) async throws {
    if tables?.isEmpty == true, readAgain.isEmpty { return }
    let checkpoints = try CheckpointTable(path: database)
    let subscription = try Subscription(params, checkpoints: checkpoints, options: options)
    let signals = Signals { subscription.stop() }
    let result: Result<Void, any Error>
    do {
      var missing = tables
      if !readAgain.isEmpty, tables != nil || !untilNow {
        let snapshot = try await askPatiently { () async throws(ReplicationError) in
          try await subscription.snapshot(of: readAgain)
        }
        missing?.formUnion(snapshot.tables.map(\.relation.oid))
      }
      try await Mirror(subscription, file, params.logger).run(untilWhole: missing)
      result = .success(())
    } catch {
      result = .failure(error)
    }
    // Cleanly whatever has happened: what is acknowledged is reported, and the slot is free.
    try await subscription.close()
    try result.get()
    if let signal = signals.received { throw ExitCode(128 + signal) }
  }

  private var options: SubscriptionOptions {
    var snapshot = IncrementalSnapshotOptions()
    snapshot.workers = workers
    snapshot.chunkBytes = chunkBytes
    // A row looks the same whether a range or the stream brings it.
    snapshot.prefersBinary = false
    // A range that is delivered before the stream has reached its horizon may have columns that the
    // stream does not know yet. Better that a snapshot is held for a while when the stream lags.
    snapshot.snapshotTimeout = .seconds(600)
    var options = SubscriptionOptions()
    options.snapshot = .incremental(snapshot)
    return options
  }
}
