import ChangeSinks
import KafkaSink

/// Reads everything that the sink has put into Kafka.
enum KafkaTrialReader {
  static func records(at url: String, slot: String) async throws -> [TrialRecord] {
    var records: [TrialRecord] = []
    for record in try await KafkaReader(url: url, slot: slot).records() {
      guard let position = SinkPosition(record.position) else {
        throw TrialError("\(record.topic): \(record.position) is not a position")
      }
      records.append(
        TrialRecord(
          place: "\(record.topic) \(record.partition)", topic: record.topic, position: position,
          key: record.key, value: record.value))
    }
    return records
  }
}
