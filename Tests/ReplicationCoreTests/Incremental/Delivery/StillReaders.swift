import PGWire

@testable import ReplicationCore

/// Readers that read no range: they find the tables that a test names, and place keys as a
/// collation that ignores case does.
final class StillReaders: RangeReading {
  private let found: Lock<[IncrementalTable]?>
  /// Keys whose places were asked for.
  private let placed = Lock<[Key]>([])

  /// - Parameter found: What is published; `nil` for a server that does not answer.
  init(_ found: [IncrementalTable]?) {
    self.found = Lock(found)
  }

  /// Behind all that the tests deliver.
  static let horizon = LSN(rawValue: 1 << 40)

  var placedKeys: [Key] { placed.withLock { $0 } }

  /// Publishes other tables from now on.
  func publish(_ tables: [IncrementalTable]) { found.withLock { $0 = tables } }

  func tables(
    refusing isWanted: @Sendable (SnapshotTable) -> Bool
  ) async throws(ReplicationError) -> (tables: [IncrementalTable], at: ReadPoint) {
    guard let tables = found.withLock({ $0 }) else {
      do { try await Task.sleep(for: .seconds(3600)) } catch { throw .cancelled }
      throw .serverShutdown
    }
    guard let snapshot = try? TransactionSnapshot("30:30:") else {
      throw .invalidParameter("a snapshot that is none")
    }
    return (tables, ReadPoint(snapshot: snapshot, horizon: Self.horizon))
  }

  func memberships(
    of tables: [UInt32]
  ) async throws(ReplicationError) -> (found: [UInt32: [UInt32]], upTo: LSN) { ([:], .zero) }

  var hasFreeWorker: Bool { false }

  func offer(_ id: RangeID, of table: IncrementalTable, _ range: KeyRange) {}
  func begin(_ id: RangeID, _ range: KeyRange) {}
  func release(_ id: RangeID) {}
  func perform(_ action: SnapshotAction) {}
  func askForFlush() {}
  func chunkBegins(_ id: RangeID) {}

  func nextBatch(of id: RangeID) async throws(ReplicationError) -> SnapshotBatch? {
    throw .invalidParameter("nobody reads it")
  }

  func places(
    of keys: [Key], by shape: KeyShape, _ bounds: [KeyBound]
  ) async throws(ReplicationError) -> [Int] {
    placed.withLock { $0 += keys }
    return keys.map { key in bounds.count { Self.text(of: $0.key) <= Self.text(of: key) } }
  }

  private static func text(of key: Key) -> String {
    guard case .opaque(let bytes)? = key.values.first else { return "" }
    return String(decoding: bytes, as: UTF8.self).lowercased()
  }

  func takeReports() -> [ReadingReport] { [] }
  func onReport(_ wake: @escaping @Sendable () -> Void) {}
  func close() async {}
}
