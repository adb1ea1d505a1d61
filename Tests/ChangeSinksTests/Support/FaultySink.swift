import ChangeSinks
import ReplicationCore
import ReplicationTestKit

/// Another sink, whose writes fail where that is wanted: before they are done, or after that, when
/// only the answer is lost.
struct FaultySink<Sink: ChangeSink>: ChangeSink {
  let sink: Sink
  let faults: FaultInjector

  func open(slot: String) async throws -> SinkState {
    try faults.reach("open")
    return try await sink.open(slot: slot)
  }

  func makeEncoder(
    for subscription: Subscription, after state: SinkState
  ) async throws -> Sink.Encoder {
    try await sink.makeEncoder(for: subscription, after: state)
  }

  func makeBatch() -> Sink.Encoder.Batch { sink.makeBatch() }

  func write(_ batch: Sink.Encoder.Batch, _ progress: SinkProgress) async throws {
    try faults.reach("write")
    try await sink.write(batch, progress)
    try faults.reach("written")
  }

  func save(_ checkpoint: Checkpoint) async throws {
    try faults.reach("save")
    try await sink.save(checkpoint)
    try faults.reach("saved")
  }

  func close() async { await sink.close() }
}
