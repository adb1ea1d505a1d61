import ChangeFormats
import ChangeSinks
import PGWire
import ReplicationCore
import ReplicationTestKit

/// An engine in memory, which fails where it is told to.
///
/// It stores a batch and its checkpoint in one step, or, if it is torn, record by record, with the
/// checkpoint at the end.
final class MemoryEngine: RecordEngine {
  struct Record: Hashable, Sendable {
    let position: SinkPosition
    let topic: String
    let key: String?
    let value: String?
  }

  private struct State {
    var records: [Record] = []
    var checkpoint: Checkpoint?
    var writes = 0
    var opens = 0
  }

  private let state = Lock(State())
  private let isTorn: Bool
  private let faults: FaultInjector?
  /// Whether what fails is said to be transient, so that the connector itself begins again.
  private let isTransient: Bool

  init(isTorn: Bool = false, isTransient: Bool = false, _ faults: FaultInjector? = nil) {
    self.isTorn = isTorn
    self.isTransient = isTransient
    self.faults = faults
  }

  var records: [Record] { state.withLock { $0.records } }
  var checkpoint: Checkpoint? { state.withLock { $0.checkpoint } }
  var opens: Int { state.withLock { $0.opens } }
  var writes: Int { state.withLock { $0.writes } }

  private func reach(_ operation: String) throws {
    do {
      try faults?.reach(operation)
    } catch {
      guard isTransient else { throw error }
      throw SinkError(engine: "memory", .transient, "\(error)")
    }
  }

  func open(slot: String) async throws -> SinkState {
    try reach("open")
    return state.withLock { state in
      state.opens += 1
      return SinkState(checkpoint: state.checkpoint, position: state.records.last?.position)
    }
  }

  func write(_ batch: EventBatch, _ progress: SinkProgress) async throws {
    try reach("write")
    var records: [Record] = []
    batch.forEachRecord { position, topic, record in
      records.append(Record(position, topic.name, record))
    }
    if isTorn {
      for record in records {
        try reach("record")
        state.withLock { $0.records.append(record) }
      }
      try reach("checkpoint")
    } else {
      state.withLock { $0.records += records }
    }
    state.withLock { state in
      if let checkpoint = progress.checkpoint { state.checkpoint = checkpoint }
      state.writes += 1
    }
    // The connection is lost before the answer comes.
    try reach("answer")
  }

  func save(_ checkpoint: Checkpoint) async throws {
    try reach("save")
    state.withLock { $0.checkpoint = checkpoint }
  }

  func close() async {}
}

extension MemoryEngine.Record {
  fileprivate init(_ position: SinkPosition, _ topic: String, _ record: borrowing ChangeRecord) {
    switch record {
    case .event(let key, let value):
      if let key {
        self.init(position: position, topic: topic, key: key.text, value: value.text)
      } else {
        self.init(position: position, topic: topic, key: nil, value: value.text)
      }
    case .tombstone(let key):
      self.init(position: position, topic: topic, key: key.text, value: nil)
    }
  }
}

extension Span<UInt8> {
  fileprivate var text: String {
    var bytes: [UInt8] = []
    for index in indices { bytes.append(self[index]) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
