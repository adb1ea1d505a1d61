import CSinkRdKafka
import ChangeSinks
import Logging
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

@testable import KafkaSink

/// The address of a real cluster, if there is one.
private enum RealKafka {
  static var url: String? {
    guard let value = unsafe pgcdc_kafka_environment("PGCDC_KAFKA_URL") else { return nil }
    return unsafe String(cString: value)
  }
}

/// A real cluster, whose address is in the environment: `PGCDC_KAFKA_URL=kafka://localhost:9092`.
///
/// Each test uses names of its own, and leaves its topics behind.
@Suite(
  .enabled(if: RealKafka.url != nil, "PGCDC_KAFKA_URL is not set: no real cluster"),
  .timeLimit(.minutes(10)))
struct KafkaBrokerTests {
  /// Options with a state and topics of their own.
  private static func options() throws -> KafkaOptions {
    var options = try KafkaOptions(url: try #require(RealKafka.url))
    let number = UInt32.random(in: 0 ... .max)
    options.name = "test-\(number)"
    options.stateTopic = "pgcdc-test-\(number)-state"
    options.newTopics = KafkaNewTopics(partitions: 3)
    options.logger.logLevel = .critical
    return options
  }

  @Test func `everything arrives once, in transactions`() async throws {
    let options = try Self.options()
    var trial = try KafkaTrial(options)
    trial.prefix = try #require(options.name)
    try await trial.run()
    try trial.database.changeNotes()
    try trial.database.insertMany(100)
    try await trial.run()
    try await trial.expectEqual()
  }

  @Test func `a second connector ends the first`() async throws {
    let options = try Self.options()
    let (first, second) = (KafkaEngine(options), KafkaEngine(options))
    let checkpoint = Checkpoint(position: LSN(rawValue: 7), systemID: "1", timeline: 1, slot: "s")
    _ = try await first.open(slot: "s")
    try await first.save(checkpoint)
    #expect(try await second.open(slot: "s").checkpoint == checkpoint)
    let error = await #expect(throws: SinkError.self) { try await first.save(checkpoint) }
    #expect(error?.category == .needsOperator)
    #expect(error?.reason.contains("another connector") == true)
    try await second.save(checkpoint)
    await first.close()
    await second.close()
  }

  @Test func `what is aborted is not seen`() async throws {
    let options = try Self.options()
    let topic = "\(options.stateTopic)-aborted"
    try await KafkaWorker().run { () throws(SinkError) in
      let producer = try KafkaProducer(options, transactionalID: topic)
      try producer.ensure(topic, KafkaNewTopics(partitions: 1))
      try producer.fence()
      try producer.begin()
      try producer.produce(key: [1], value: [1], to: topic, partition: 0)
      // Until the broker has it.
      for _ in 0..<20 { producer.handle.poll(100) }
      producer.abort()
      try producer.begin()
      try producer.produce(key: [2], value: [2], to: topic, partition: 0)
      try producer.commit()
    }
    let records = try await KafkaReader(options).records(ofTopicsWithPrefix: topic)
    #expect(records.map(\.value) == [[2]])
    #expect(try #require(records.first).offset > 0)
  }
}
