internal import PGOutput

/// A request to read tables while the stream runs.
///
/// ``Subscription/snapshot(of:)`` makes it. It need not be kept: the tables are read in any case.
public final class IncrementalSnapshot: Sendable {
  /// The tables, as they were published when they were asked for.
  public let tables: [SnapshotTable]
  private let requests: SnapshotRequests

  init(_ tables: [SnapshotTable], _ requests: SnapshotRequests) {
    self.tables = tables
    self.requests = requests
  }

  /// How far these tables are.
  public var progress: IncrementalSnapshotProgress { requests.progress(of: oids) }

  /// Begins no further range of these tables; ranges that are being read are delivered.
  public func pause() {
    requests.post(.pause(oids))
  }

  /// Continues after ``pause()``.
  public func resume() {
    requests.post(.resume(oids))
  }

  /// Ends the reading of those of the tables that are not whole yet.
  ///
  /// From then on all their changes are delivered; what was delivered before stays as it is. A
  /// subscription that reads every table begins with them again when it is started the next time.
  public func cancel() {
    requests.post(.cancel(oids))
  }

  private var oids: Set<UInt32> { Set(tables.map(\.relation.oid)) }
}

/// How far incremental snapshots are.
public struct IncrementalSnapshotProgress: Hashable, Sendable {
  /// Tables that are read, or have been read, by this subscription.
  public internal(set) var tables = 0
  /// Those of them that are whole.
  public internal(set) var tablesDone = 0
  /// Ranges that were delivered to their end.
  public internal(set) var ranges: Int64 = 0
  /// Rows that were delivered.
  public internal(set) var rows: Int64 = 0
  /// The bytes that they took on the wire.
  public internal(set) var bytes: Int64 = 0
  /// About how many rows there are in all, if every table has been analyzed.
  ///
  /// What was read before a restart is counted here and not in ``rows``.
  public internal(set) var estimatedRows: Int64?
  var hasLookedUpTables = false

  /// Whether every published table that is to be read was delivered to its end.
  ///
  /// False until the published tables have been looked up, which happens soon after items are first
  /// asked for. A table that joins the publications later makes it false again.
  public var isComplete: Bool { hasLookedUpTables && tablesDone == tables }
}
