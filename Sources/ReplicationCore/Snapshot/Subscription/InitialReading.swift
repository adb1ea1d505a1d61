internal import Logging
internal import PGWire

/// One attempt to read the initial snapshot of a subscription, in a task of its own.
///
/// The task continues only when what it has brought is taken, and ends when the checkpoint says
/// that the snapshot is finished, which it is once every table is acknowledged.
final class InitialReading: Sendable {
  /// What it brings, table by table in their order.
  enum Event: Sendable {
    /// The tables that will be read.
    case begins([SnapshotTable], Checkpoint)
    /// Rows of the table whose turn it is.
    case rows(SnapshotBatch)
    /// The table whose turn it is has no more rows.
    case tableEnds
  }

  /// When a consumer is reminded of what it has not acknowledged.
  private static let patience = Duration.seconds(10)

  /// They end when the checkpoint has been saved, or at once if no snapshot is to be read.
  let events = Handoff<Event>()
  let receipts = ChunkReceipts()
  private let client: Client
  private let task = Lock<Task<Void, Never>?>(nil)

  init(_ client: Client) {
    self.client = client
  }

  /// Begins, and returns.
  func start(
    _ options: SnapshotOptions, _ slot: SlotOptions, recordedIn store: any CheckpointStore
  ) {
    let running = Task {
      do {
        _ = try await client.ensureSnapshot(
          recordedIn: store, slot, keepsSlotOnFailure: false,
          userData: { self.receipts.userData }, onWait: nil
        ) { snapshot in try await self.read(snapshot, options) }
        events.finish()
      } catch let error as ReplicationError {
        events.fail(error)
      } catch {
        events.fail(.cancelled)
      }
    }
    task.withLock { $0 = running }
  }

  /// Ends it, and returns when it has ended: a snapshot that is not read to its end is given up,
  /// and its slot dropped.
  func end() async {
    let task = task.withLock(\.self)
    if !receipts.isComplete { task?.cancel() }
    await task?.value
  }

  private func read(_ snapshot: ExportedSnapshot, _ options: SnapshotOptions) async throws {
    guard let checkpoint = snapshot.checkpoint else { throw ReplicationError.closed }
    let tables = try await snapshot.tables()
    try await events.put(.begins(tables, checkpoint))
    if !tables.isEmpty {
      try await snapshot.read(tables, options: options, oneByOne: true) { event in
        switch event {
        case .rows(let batch): try await self.events.put(.rows(batch))
        case .end: try await self.events.put(.tableEnds)
        }
      }
    }
    let reminder = Task { [logger = client.params.logger, slot = client.params.slot] in
      guard (try? await Task.sleep(for: Self.patience)) != nil else { return }
      logger.warning(
        "the initial snapshot waits until all of its chunks are acknowledged",
        metadata: ["slot": "\(slot)"])
    }
    defer { reminder.cancel() }
    try await receipts.waitForAll()
  }
}
