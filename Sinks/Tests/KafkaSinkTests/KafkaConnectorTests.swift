import ChangeSinks
import KafkaSink
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

/// The connector as it is, from a simulated server over a socket into librdkafka's own cluster.
@Suite(.timeLimit(.minutes(10))) struct KafkaConnectorTests {
  @Test func `the rows from before come first, then what changes`() async throws {
    let kafka = try MockKafka()
    let trial = try KafkaTrial(kafka)
    try await trial.run()
    try await trial.expectEqual()
    try trial.database.changeNotes()
    let statistics = try await trial.run()
    #expect(statistics.restarts == 0)
    try await trial.expectEqual()
  }

  @Test func `several brokers share the partitions`() async throws {
    let kafka = try MockKafka(brokers: 3)
    let trial = try KafkaTrial(kafka)
    try await trial.run()
    try trial.database.changeNotes()
    try await trial.run()
    try await trial.expectEqual()
  }

  @Test func `a deletion is followed by a tombstone with its key`() async throws {
    let kafka = try MockKafka()
    let trial = try KafkaTrial(kafka)
    try trial.database.changeNotes()
    try await trial.run()
    try trial.database.commit { try $0.delete(from: "notes", where: ["id": 1]) }
    try await trial.run()
    let records = try await trial.records().filter { $0.key == Array(#"{"id":1}"#.utf8) }
    let last = try #require(records.max(by: { $0.offset < $1.offset }))
    #expect(last.value == nil)
    #expect(Set(records.map(\.partition)).count == 1)
    #expect(records.count >= 3)
  }

  @Test func `records without a key are in one partition, in order`() async throws {
    let kafka = try MockKafka()
    kafka.createTopic("public.log", partitions: 5)
    kafka.createTopic("public.notes", partitions: 5)
    let trial = try KafkaTrial(kafka)
    try await trial.run()
    try trial.database.changeNotes()
    try await trial.run()
    let records = try await trial.records()
    let lines = records.filter { record in
      let value = String(decoding: record.value ?? [], as: UTF8.self)
      return record.topic == "public.log" && value.contains(#""kind":"insert""#)
    }
    #expect(lines.count == 8)
    #expect(Set(lines.map(\.partition)).count == 1)
    for (number, record) in lines.enumerated() {
      let value = String(decoding: record.value ?? [], as: UTF8.self)
      #expect(value.contains("\"line \(number + 1)\""))
    }
    #expect(Set(records.filter { $0.topic == "public.notes" }.map(\.partition)).count > 1)
  }

  @Test func `where nothing has changed, nothing is written`() async throws {
    let kafka = try MockKafka()
    let trial = try KafkaTrial(kafka)
    try await trial.run()
    let records = try await trial.records()
    try await trial.run()
    #expect(try await trial.records() == records)
  }

  @Test func `a checkpoint without data is found again`() async throws {
    let kafka = try MockKafka()
    let engine = KafkaEngine(kafka.options())
    let empty = try await engine.open(slot: "s")
    #expect(empty.checkpoint == nil && empty.position == nil)
    let checkpoint = Checkpoint(position: LSN(rawValue: 7), systemID: "1", timeline: 1, slot: "s")
    try await engine.save(checkpoint)
    await engine.close()
    #expect(try await engine.open(slot: "s").checkpoint == checkpoint)
    #expect(try await engine.open(slot: "other").checkpoint == nil)
    await engine.close()
    withExtendedLifetime(kafka) {}
  }

  @Test func `an engine that is not open says so`() async throws {
    let kafka = try MockKafka()
    let engine = KafkaEngine(kafka.options())
    let checkpoint = Checkpoint(position: LSN(rawValue: 7), systemID: "1", timeline: 1, slot: "s")
    await #expect(throws: SinkError.self) { try await engine.save(checkpoint) }
    withExtendedLifetime(kafka) {}
  }
}
