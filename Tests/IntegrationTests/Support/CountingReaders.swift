import PGWire
import Synchronization

@testable import ReplicationCore

/// Readers that count how often the server is asked where keys lie, and which publications have a
/// table; that question can be made to fail as at a host that is gone.
final class CountingReaders: RangeReading {
  private let readers: RangeReaders
  let questions = Atomic<Int>(0)
  let keys = Atomic<Int>(0)
  let membershipQuestions = Atomic<Int>(0)
  let isHostGone = Atomic<Bool>(false)

  init(_ readers: RangeReaders) { self.readers = readers }

  func tables(
    refusing isWanted: @Sendable (SnapshotTable) -> Bool
  ) async throws(ReplicationError) -> (tables: [IncrementalTable], at: ReadPoint) {
    try await readers.tables(refusing: isWanted)
  }

  func memberships(
    of tables: [UInt32]
  ) async throws(ReplicationError) -> (found: [UInt32: [UInt32]], upTo: LSN) {
    membershipQuestions.add(1, ordering: .relaxed)
    if isHostGone.load(ordering: .relaxed) {
      throw .connection(.transport(.closedByServer))
    }
    return try await readers.memberships(of: tables)
  }

  var hasFreeWorker: Bool { readers.hasFreeWorker }

  func offer(_ id: RangeID, of table: IncrementalTable, _ range: KeyRange) {
    readers.offer(id, of: table, range)
  }

  func begin(_ id: RangeID, _ range: KeyRange) { readers.begin(id, range) }

  func release(_ id: RangeID) { readers.release(id) }

  func perform(_ action: SnapshotAction) { readers.perform(action) }

  func askForFlush() { readers.askForFlush() }

  func chunkBegins(_ id: RangeID) { readers.chunkBegins(id) }

  func nextBatch(of id: RangeID) async throws(ReplicationError) -> SnapshotBatch? {
    try await readers.nextBatch(of: id)
  }

  func places(
    of keys: [Key], by shape: KeyShape, _ bounds: [KeyBound]
  ) async throws(ReplicationError) -> [Int] {
    questions.add(1, ordering: .relaxed)
    self.keys.add(keys.count, ordering: .relaxed)
    return try await readers.places(of: keys, by: shape, bounds)
  }

  func takeReports() -> [ReadingReport] { readers.takeReports() }

  func onReport(_ wake: @escaping @Sendable () -> Void) { readers.onReport(wake) }

  func close() async { await readers.close() }
}
