import ChangeSinks

/// A record as an engine has it.
struct TrialRecord: Sendable {
  /// Within it records are in order: a topic, or a partition of one.
  let place: String
  let topic: String
  let position: SinkPosition
  let key: [UInt8]?
  /// `nil` for a tombstone.
  let value: [UInt8]?
}

/// The engines that can be compared.
enum TrialEngine: String, CaseIterable {
  case redis
  case nats
  case kafka
  /// Files of `pgcdc stream --output`.
  case file
  case postgres
}

extension TrialEngine {
  /// Everything that an engine of records has; the records of a place are in their order.
  ///
  /// - Parameters:
  ///   - address: The engine's URL, or the name of the files.
  ///   - slot: The slot, by which the engine's state is found.
  func records(at address: String, slot: String) async throws -> [TrialRecord] {
    switch self {
    case .redis: try await RedisTrialReader.records(at: address, slot: slot)
    case .nats: try await NATSTrialReader.records(at: address, slot: slot)
    case .kafka: try await KafkaTrialReader.records(at: address, slot: slot)
    case .file: try FileTrialReader.records(at: address)
    case .postgres: throw TrialError("PostgreSQL has tables and no records")
    }
  }
}
