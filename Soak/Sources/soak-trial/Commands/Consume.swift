import ArgumentParser
import Logging
import PGWire
import ReplicationCore

struct Consume: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Keep a copy of the tables, until SIGTERM, and compare it at every marker.",
    discussion: """
      It ends with status 1 at the first difference, and at anything that the stream must not do: \
      a row that comes twice, or is changed and was never there. USR1 makes it slow, USR2 quick \
      again.
      """)

  @OptionGroup var server: Server

  @Option(help: "transactions, incremental, provisional or resume.")
  var mode: ConsumerMode

  @Option(help: "A folder for what does not fit into memory, and of resume for the replica.")
  var folder: String

  @Flag(help: "The slots are made for failover.")
  var failover = false

  func run() async throws {
    let control = ConsumerControl()
    let sources = control.takeSignals()
    let file = mode == .resume ? ReplicaFile(path: "\(folder)/replica") : nil
    let saved = try file?.read()
    let store = try ConsumerStore(
      path: file == nil ? nil : "\(folder)/position", saved: saved?.1)
    let version = try await askPatiently {
      let connection = try await server.connect()
      defer { connection.close() }
      return try await connection.majorVersion()
    }
    let consumer = Consumer(
      mode: mode, options: try server.options(), control: control, store: store,
      replica: saved?.0 ?? Replica(), file: file)
    report("started")
    try await consumer.run { try subscription(version, store) }
    withExtendedLifetime(sources) {}
    report(consumer.summary)
  }

  private func subscription(_ version: Int, _ store: ConsumerStore) throws -> Subscription {
    var params = ReplicationParams(
      connection: try server.options(), slot: mode.slot, publications: mode.publications)
    params.streaming = mode.streaming(version)
    params.usesTwoPhase = mode.usesTwoPhase(version, failover: failover)
    params.logger = Logger(label: mode.rawValue) { StreamLogHandler.standardError(label: $0) }
    params.logger.logLevel = .warning
    var options = SubscriptionOptions()
    options.spillDirectory = folder
    // So little that large transactions go to files.
    options.streamedBytes = 64 << 10
    if mode == .incremental {
      var snapshot = IncrementalSnapshotOptions()
      snapshot.chunkBytes = 32 << 10
      snapshot.prefersBinary = false
      snapshot.snapshotTimeout = .seconds(600)
      options.snapshot = .incremental(snapshot)
    }
    return try Subscription(params, checkpoints: store, options: options)
  }
}
