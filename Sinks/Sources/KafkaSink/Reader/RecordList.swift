internal import Synchronization

/// Records that are collected on another thread.
final class RecordList: Sendable {
  private let state = Mutex<[KafkaRecord]>([])

  var records: [KafkaRecord] { state.withLock { $0 } }

  func append(_ record: KafkaRecord) {
    state.withLock { $0.append(record) }
  }
}
