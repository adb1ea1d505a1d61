internal import PGOutput
public import PGWire

/// The snapshot that goes with a slot, while it lasts: every row that the slot will not deliver.
///
/// ``Client/withExportedSnapshot(_:keepsSlotOnFailure:onWait:_:)`` passes it. What it sees and what
/// the stream from ``consistentPoint`` brings is everything, and nothing twice:
///
///     let start = try await client.withExportedSnapshot { snapshot in
///       try await snapshot.read(try await snapshot.tables()) { event in
///         guard case .rows(let batch) = event else { return }
///         try batch.forEachRow { row throws(RowError) in … }
///       }
///       return snapshot.consistentPoint
///     }
///     let duplex = try await client.startReplication(from: start)
public struct ExportedSnapshot: Sendable {
  /// The name for `SET TRANSACTION SNAPSHOT` in other sessions; `pg_dump --snapshot` takes it too.
  public let name: String
  /// The slot's consistent point: transactions that commit after it are delivered, and not seen.
  public let consistentPoint: LSN

  /// Whether a snapshot for the same checkpoint was begun before, and not read to the end: what was
  /// stored of that one has to be removed.
  public let isRepeated: Bool
  /// The checkpoint that says that it is being read; `nil` if nothing is recorded.
  var checkpoint: Checkpoint?

  /// The session that keeps the snapshot.
  private let keeper: WireConnection
  private let client: Client
  /// The server that the slot is on.
  private let server: ConnectionOptions

  init(
    name: String, consistentPoint: LSN, isRepeated: Bool = false, client: Client,
    keeper: WireConnection
  ) {
    self.keeper = keeper
    self.isRepeated = isRepeated
    self.name = name
    self.consistentPoint = consistentPoint
    self.client = client
    server = keeper.options
  }

  /// The tables that the client's publications let a stream deliver, by schema and name.
  ///
  /// - Throws: ``ReplicationError/snapshotRefused(_:)`` if publications have different columns for
  ///   one table, which no stream can deliver. A table that this role may not read is no error; see
  ///   ``SnapshotTable/missingGrant``.
  public func tables() async throws(ReplicationError) -> [SnapshotTable] {
    let session = try await openSession()
    defer { session.connection.close() }
    let catalog = SnapshotCatalog(session: session, publications: client.params.publications)
    return try await client.describingTypes(
      of: try await catalog.tables(), serverVersion: session.serverVersion)
  }

  /// Waits until the session ends that keeps the snapshot: from then on nobody can take it any
  /// more.
  ///
  /// Transactions that have taken it before keep it. For as long as it waits, the session is in
  /// use: it can't be waited for twice.
  ///
  /// - Throws: Always: why the session has ended, or ``ReplicationError/cancelled``.
  public func waitForEnd() async throws(ReplicationError) -> Never {
    do throws(PGWireError) {
      throw try await keeper.waitForEnd()
    } catch {
      throw ReplicationError(error)
    }
  }

  var tracer: StreamTracer { StreamTracer(client.params, at: server) }

  func openSession() async throws(ReplicationError) -> SnapshotSession {
    try await SnapshotSession.open(server, snapshot: name, limits: client.params.limits)
  }
}
