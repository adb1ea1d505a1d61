import CSinkRdKafka
import ChangeSinks
import KafkaSink
import Logging
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

/// What fails in the cluster, and what becomes of it.
@Suite(.timeLimit(.minutes(10))) struct KafkaFaultTests {
  /// Has requests fail while rows are brought into the cluster.
  private static func run(
    _ request: MockKafka.Request, _ codes: [rd_kafka_resp_err_t], isExact: Bool = true
  ) async throws -> ConnectorStatistics {
    let kafka = try MockKafka()
    let trial = try KafkaTrial(kafka)
    try await trial.run()
    try trial.database.changeNotes()
    kafka.fail(request, with: codes)
    let statistics = try await trial.run()
    try await trial.expectEqual(isExact: isExact)
    return statistics
  }

  private static func failure(_ statistics: ConnectorStatistics) throws -> SinkError {
    try #require(statistics.lastFailure as? SinkError)
  }

  @Test(arguments: [
    RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION.rawValue,
    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS.rawValue, RD_KAFKA_RESP_ERR__TRANSPORT.rawValue,
  ])
  func `what librdkafka tries again is no failure`(code: Int32) async throws {
    let statistics = try await Self.run(.produce, [rd_kafka_resp_err_t(rawValue: code)])
    #expect(statistics.restarts == 0)
  }

  @Test func `a commit that is answered too late is no failure`() async throws {
    let codes = [RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR__TRANSPORT]
    let statistics = try await Self.run(.endTransaction, codes)
    #expect(statistics.restarts == 0)
  }

  @Test func `a transaction that can't be committed is written again`() async throws {
    let statistics = try await Self.run(.endTransaction, [RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID])
    #expect(statistics.restarts >= 1)
    #expect(try Self.failure(statistics).category == .transient)
  }

  @Test func `a record that is refused makes the transaction be written again`() async throws {
    // This cluster shows what was aborted.
    let statistics = try await Self.run(
      .produce, [RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER], isExact: false)
    #expect(statistics.restarts >= 1)
    #expect(try Self.failure(statistics).category == .transient)
  }

  @Test func `one who is fenced names the other connector`() async throws {
    let statistics = try await Self.run(.endTransaction, [RD_KAFKA_RESP_ERR_PRODUCER_FENCED])
    let failure = try Self.failure(statistics)
    #expect(failure.category == .needsOperator)
    #expect(failure.reason.contains("another connector took over"))
    #expect(failure.engine.hasPrefix("Kafka at 127.0.0.1:"))
  }

  @Test func `a topic that must not be written to needs an operator`() async throws {
    let statistics = try await Self.run(
      .addPartitionsToTransaction, [RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED], isExact: false)
    let failure = try Self.failure(statistics)
    #expect(failure.category == .needsOperator)
    #expect(failure.reason.contains("needs WRITE"))
  }

  @Test func `a transactional id that must not be used needs an operator`() async throws {
    let statistics = try await Self.run(
      .registerProducer, [RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED])
    #expect(try Self.failure(statistics).category == .needsOperator)
  }

  @Test func `a time for transactions that the brokers refuse needs an operator`() async throws {
    let statistics = try await Self.run(
      .registerProducer, [RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT])
    let failure = try Self.failure(statistics)
    #expect(failure.category == .needsOperator)
    #expect(failure.reason.contains("transactionTimeout"))
  }

  @Test func `a record that is too large ends it, with its topic and size`() async throws {
    let kafka = try MockKafka()
    var trial = try KafkaTrial(kafka)
    trial.options.properties["message.max.bytes"] = "3000"
    try await trial.run()
    try trial.database.commit { changes in
      let body = String(repeating: "x", count: 5000)
      try changes.insert(into: "notes", ["id": 9, "words": "long", "body": "\(body)"])
    }
    let failed = trial
    let error = await #expect(throws: SinkError.self) { try await failed.run() }
    let failure = try #require(error)
    #expect(failure.category == .fatal)
    #expect(failure.reason.contains("public.notes"))
    #expect(failure.reason.contains("message.max.bytes"))
    let namesSize = failure.reason.contains { $0.isNumber }
    #expect(namesSize)
    #expect(!failure.description.contains("xxx"))
    // With the limit raised, it continues.
    trial.options.properties["message.max.bytes"] = "100000"
    try await trial.run()
    try await trial.expectEqual(isExact: false)
  }

  @Test func `brokers that are gone are waited for`() async throws {
    let kafka = try MockKafka()
    var trial = try KafkaTrial(kafka)
    try await trial.run()
    try trial.database.changeNotes()
    kafka.setDown()
    trial.options.timeout = .seconds(2)
    let connector = try trial.connector(KafkaEngine(trial.options))
    let running = Task { try await connector.run() }
    while connector.statistics.lastFailure == nil { try await Task.sleep(for: .milliseconds(20)) }
    let failure = try Self.failure(connector.statistics)
    #expect(failure.category == .transient)
    #expect(failure.reason.contains("took too long"))
    kafka.setUp()
    try await running.value
    try await trial.expectEqual()
  }

  @Test func `an address without a broker ends in an error that names it`() async throws {
    var options = KafkaOptions(brokers: ["127.0.0.1:1"])
    options.timeout = .seconds(2)
    options.createsStateTopic = false
    options.logger.logLevel = .critical
    let engine = KafkaEngine(options)
    let error = await #expect(throws: SinkError.self) { try await engine.open(slot: "s") }
    let failure = try #require(error)
    #expect(failure.category == .transient)
    #expect(failure.engine == "Kafka at 127.0.0.1:1")
    #expect(failure.reason.contains("refused"))
  }
}
