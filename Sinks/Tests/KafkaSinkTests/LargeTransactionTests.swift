import CSinkRdKafka
import ChangeSinks
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

@testable import KafkaSink

/// Transactions of the database that are larger than a batch.
@Suite(.timeLimit(.minutes(10))) struct LargeTransactionTests {
  /// The states that were committed, in order.
  private static func states(_ trial: KafkaTrial) async throws -> [KafkaState] {
    try await KafkaReader(trial.options).records(ofTopicsWithPrefix: trial.options.stateTopic)
      .map { record in try #require(KafkaState(encoded: record.value ?? [])) }
  }

  /// The places of the records of the large transaction.
  private static func places(_ trial: KafkaTrial) async throws -> [SinkPosition] {
    try await trial.records().filter { record in
      String(decoding: record.value ?? [], as: UTF8.self).contains(#""words":"many""#)
    }.compactMap(\.position).sorted()
  }

  @Test func `it is one transaction of Kafka`() async throws {
    let kafka = try MockKafka()
    let trial = try KafkaTrial(kafka)
    try await trial.run()
    try trial.database.changeNotes()
    try trial.database.insertMany(100)
    try trial.database.changeNotesAgain()
    try await trial.run()
    try await trial.expectEqual()
    let places = try await Self.places(trial)
    #expect(places.count == 100)
    let commit = try #require(places.first).lsn
    #expect(places.allSatisfy { $0.lsn == commit })
    // Whatever was committed has all of it or nothing.
    let states = try await Self.states(trial)
    for state in states where state.position?.lsn == commit {
      #expect(state.position == places.last)
    }
    #expect(states.map(\.position).contains(places.last))
    for (state, next) in zip(states, states.dropFirst()) {
      if let position = state.position, let after = next.position { #expect(position <= after) }
    }
  }

  @Test func `it ends equal if its commit fails`() async throws {
    let kafka = try MockKafka()
    let trial = try KafkaTrial(kafka)
    try await trial.run()
    try trial.database.insertMany(100)
    kafka.fail(.endTransaction, with: [RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID])
    let statistics = try await trial.run()
    #expect(statistics.restarts == 1)
    try await trial.expectEqual()
  }

  @Test func `it ends equal if a part of it fails`() async throws {
    let kafka = try MockKafka()
    let trial = try KafkaTrial(kafka)
    try await trial.run()
    try trial.database.insertMany(100)
    kafka.fail(.produce, with: [RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER])
    let statistics = try await trial.run()
    #expect(statistics.restarts >= 1)
    // This cluster shows what was aborted.
    try await trial.expectEqual(isExact: false)
  }

  @Test func `a checkpoint that comes in its middle commits no part of it`() async throws {
    let kafka = try MockKafka()
    var trial = try KafkaTrial(kafka)
    try await trial.run()
    try trial.database.insertMany(400)
    trial.pause = .milliseconds(50)
    let engine = KafkaEngine(trial.options)
    let connector = try trial.connector(engine)
    let running = Task { try await connector.run() }
    while await !engine.isInsideTransaction { try await Task.sleep(for: .milliseconds(5)) }
    let before = try #require(try await Self.states(trial).last)
    var checkpoint = try #require(before.checkpoint)
    checkpoint.userData = [1, 2, 3]
    try await engine.save(checkpoint)
    #expect(await engine.isInsideTransaction)
    let states = try await Self.states(trial)
    #expect(states.last?.checkpoint == checkpoint)
    #expect(states.last?.position == before.position)
    try await running.value
    try await trial.expectEqual()
    let places = try await Self.places(trial)
    let commit = try #require(places.first).lsn
    for state in try await Self.states(trial) where state.position?.lsn == commit {
      #expect(state.position == places.last)
    }
  }

  @Test func `one that takes too long is given up, and the error says what to do`() async throws {
    let kafka = try MockKafka()
    var trial = try KafkaTrial(kafka)
    try await trial.run()
    try trial.database.insertMany(250)
    trial.pause = .milliseconds(500)
    trial.options.transactionTimeout = .seconds(3)
    trial.retry = .never
    let failed = trial
    let error = await #expect(throws: SinkError.self) { try await failed.run() }
    let failure = try #require(error)
    #expect(failure.category == .needsOperator)
    #expect(failure.reason.contains("splitsLongTransactions"))
  }

  @Test func `one that takes too long can be split`() async throws {
    let kafka = try MockKafka()
    var trial = try KafkaTrial(kafka)
    try await trial.run()
    try trial.database.insertMany(250)
    trial.pause = .milliseconds(500)
    trial.options.transactionTimeout = .seconds(3)
    trial.options.splitsLongTransactions = true
    let statistics = try await trial.run()
    #expect(statistics.restarts == 0)
    try await trial.expectEqual()
    let places = try await Self.places(trial)
    let commit = try #require(places.first).lsn
    let parts = try await Self.states(trial).filter { $0.position?.lsn == commit }
    #expect(parts.count > 1)
  }
}
