import ChangeSinks
import KafkaSink

/// Reads everything that the sink has put into Kafka, as far as it is committed.
enum KafkaTrialReader {
  static func records(at brokers: String, slot: String) async throws -> [TrialRecord] {
    let reader = KafkaReader(KafkaOptions(brokers: brokers.split(separator: ",").map(String.init)))
    return try await reader.records(ofTopicsWithPrefix: "").map { record throws -> TrialRecord in
      guard let position = record.position else {
        throw TrialError("record \(record.offset) of \(record.topic) has no position")
      }
      return TrialRecord(
        place: "\(record.topic) \(record.partition)", topic: record.topic, position: position,
        key: record.key, value: record.value)
    }
  }
}
