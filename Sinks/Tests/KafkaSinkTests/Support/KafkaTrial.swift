import ChangeFormats
import ChangeSinks
import KafkaSink
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

/// A connector from a simulated server into a cluster.
struct KafkaTrial {
  let database: TestDatabase
  private let server: SimulatedServer
  /// Lives as long as the trial.
  private let kafka: MockKafka?
  var options: KafkaOptions
  /// What the names of topics begin with.
  var prefix = ""
  /// The size of a batch: each takes some rows.
  var bytes = 2_000
  /// How long the engine waits before each batch.
  var pause = Duration.zero
  var retry = ReconnectPolicy(
    initialInterval: .milliseconds(1), longestInterval: .milliseconds(20), timeout: .seconds(60))

  init(_ kafka: MockKafka) throws {
    database = try TestDatabase.withNotes()
    server = try SimulatedServer(database)
    self.kafka = kafka
    options = kafka.options()
  }

  /// A trial with a cluster that is there.
  init(_ options: KafkaOptions) throws {
    database = try TestDatabase.withNotes()
    server = try SimulatedServer(database)
    kafka = nil
    self.options = options
  }

  private var lines: JSONLineFormat.Options {
    var lines = JSONLineFormat.Options()
    lines.records = RecordOptions(prefix: prefix)
    return lines
  }

  /// A connector that ends with what is committed by now.
  func connector(
    _ engine: KafkaEngine
  ) throws -> Connector<RecordSink<PacedEngine, JSONLineFormat>> {
    var params = try server.parameters()
    params.stopAt = database.currentLSN
    var connecting = ConnectorOptions()
    connecting.subscription = .impatient
    connecting.subscription.snapshot = .initial()
    connecting.limits.bytes = bytes
    connecting.retry = retry
    let format = self.lines
    let sink = RecordSink(
      PacedEngine(engine: engine, pause: pause), describesTables: false,
      format: JSONLineFormat(options: format))
    return Connector(params, into: sink, options: connecting)
  }

  /// Brings everything that is committed by now into the cluster.
  @discardableResult func run() async throws -> ConnectorStatistics {
    let connector = try connector(KafkaEngine(options))
    try await connector.run()
    return connector.statistics
  }

  /// All records, in the order of their partitions.
  func records() async throws -> [KafkaRecord] {
    try await KafkaReader(options)
      .records(ofTopicsWithPrefix: prefix.isEmpty ? "public." : "\(prefix).public.")
  }

  /// Checks that the records make the table, and that within a partition they are in order.
  ///
  /// - Parameter isExact: Whether none may come twice.
  func expectEqual(isExact: Bool = true) async throws {
    let records = try await records()
    var places: [SinkPosition: KafkaRecord] = [:]
    var last: [String: SinkPosition] = [:]
    for record in records {
      let position = try #require(record.position)
      if let known = places[position] {
        #expect(!isExact, "\(position) comes twice")
        #expect(known.key == record.key && known.value == record.value)
        continue
      }
      places[position] = record
      let partition = "\(record.topic) \(record.partition)"
      if let before = last[partition] { #expect(before < position) }
      last[partition] = position
    }
    let ordered = places.sorted { $0.key < $1.key }.map(\.value)
    let rows = try database.rows(of: "notes").map { [$0["id"]?.text, $0["words"]?.text] }
    #expect(try ReplayedNotes(ordered).rows == Set(rows))
  }
}
