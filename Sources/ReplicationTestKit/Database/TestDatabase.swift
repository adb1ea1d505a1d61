public import PGWire
internal import ReplicationCore

/// A database for tests: tables with rows, a log of what was committed, and slots.
///
/// A real `Subscription` streams from it, in memory or over a socket. All of it is the library's
/// own: the stream, the assembling of transactions, acknowledgements, checkpoints and snapshots.
/// Only the server is simulated.
///
///     let database = TestDatabase([
///       TestTable("orders", columns: [.key("id", .int8), .column("item", .text)])
///     ])
///     try database.commit { changes in
///       try changes.insert(into: "orders", ["id": 1, "item": "apple"])
///     }
///     let subscription = try database.subscription()
///
/// ``parameters(slot:publications:)`` connects to it in memory, and a ``SimulatedServer`` serves it
/// over a socket. Every publication has all tables. Values come as text, also where binary was
/// asked for. Prepared transactions and standbys are not simulated.
public final class TestDatabase: Sendable {
  /// The version that the server reports.
  public let serverVersion: String
  /// The publications, each of which has all tables.
  public let publications: [String]

  /// The plugin's options that a recording was made with.
  let recordedOptions: [String: String]
  let state: Lock<DatabaseState>
  let script = Lock(ServerScript())
  /// The sessions that are open.
  let sessions = SessionList()
  /// What recognizes questions about these tables.
  let knownQuestions = Lock<(tables: [UInt32], questions: ServerQuestions)?>(nil)
  /// One transaction is made at a time.
  private let writer = Lock(())

  /// A database with these tables, which have no rows yet.
  ///
  /// - Parameters:
  ///   - tables: The tables.
  ///   - slot: A slot that exists from the beginning; `nil` for none, which a subscription needs
  ///     that creates its slot or begins with a snapshot.
  ///   - publications: The names of the publications.
  ///   - serverVersion: The version that the server reports.
  public init(
    _ tables: [TestTable], slot: String? = "test_slot", publications: [String] = ["test_pub"],
    serverVersion: String = "17.5"
  ) {
    self.serverVersion = serverVersion
    self.publications = publications
    recordedOptions = [:]
    var state = DatabaseState()
    for table in tables { state.create(table) }
    if let slot { state.slots[slot] = SlotRecord(at: state.written) }
    self.state = Lock(state)
  }

  /// A database of which nothing is known but a log.
  init(
    log: [LogEntry], from start: LSN, to end: LSN, slot: String,
    recordedWith header: Recording.Header
  ) {
    serverVersion = header.serverVersion
    publications = ["test_pub"]
    recordedOptions = header.options
    var state = DatabaseState()
    state.log = log
    state.end = end
    state.slots[slot] = SlotRecord(isTwoPhase: header.options["two_phase"] == "true", at: start)
    self.state = Lock(state)
  }
}

// MARK: - Writing

extension TestDatabase {
  /// Commits a transaction.
  ///
  /// - Parameters:
  ///   - blockSize: How many changes are sent in each block if streaming was asked for: the
  ///     transaction is a large one. `nil` for one that is sent whole in any case.
  ///   - body: Makes the changes. It must not commit another transaction.
  /// - Returns: The end of the transaction: the position that acknowledges it.
  /// - Throws: What `body` throws; nothing has changed then.
  @discardableResult
  public func commit(
    inBlocksOf blockSize: Int? = nil, _ body: (inout TestChanges) throws -> Void
  ) throws -> LSN {
    try write(body) { state, changes in
      state.tables = changes.tables
      return state.append(changes.logged, blockSize: blockSize, isRolledBack: false)
    }
  }

  /// Makes a transaction and rolls it back.
  ///
  /// With streaming its blocks are sent, and then that it was rolled back; otherwise nothing of it.
  ///
  /// - Parameters:
  ///   - blockSize: How many changes are sent in each block.
  ///   - body: Makes the changes.
  public func rollBack(
    inBlocksOf blockSize: Int, _ body: (inout TestChanges) throws -> Void
  ) throws {
    try write(body) { state, changes in
      _ = state.append(changes.logged, blockSize: blockSize, isRolledBack: true)
    }
  }

  /// Writes a logical message outside of transactions, as `pg_logical_emit_message(false, …)` does.
  ///
  /// - Returns: Its position.
  @discardableResult
  public func emitMessage(_ prefix: String, _ content: [UInt8]) -> LSN {
    let position = state.withLock { $0.append(prefix, content) }
    sessions.wake()
    return position
  }

  /// Creates a table, which joins all publications.
  public func create(_ table: TestTable) {
    state.withLock { $0.create(table) }
  }

  private func write<Outcome>(
    _ body: (inout TestChanges) throws -> Void,
    _ finish: (inout DatabaseState, TestChanges) -> Outcome
  ) throws -> Outcome {
    let result = try writer.withLock { (_: inout Void) throws -> Outcome in
      var changes = TestChanges(state.withLock { $0.tables })
      try body(&changes)
      return state.withLock { finish(&$0, changes) }
    }
    sessions.wake()
    return result
  }
}

// MARK: - Looking

extension TestDatabase {
  /// The rows of a table, in the order in which they were inserted, with all of their columns.
  ///
  /// - Throws: ``TestDatabaseError/noTable(_:)``.
  public func rows(of table: String) throws(TestDatabaseError) -> [TestRow] {
    try state.withLock { (state) throws(TestDatabaseError) in try state.table(named: table).rows }
  }

  /// A table as it is now.
  ///
  /// - Throws: ``TestDatabaseError/noTable(_:)``.
  public func table(_ name: String) throws(TestDatabaseError) -> TestTable {
    try state.withLock { (state) throws(TestDatabaseError) in try state.table(named: name).table }
  }

  /// The end of the last transaction, for `ReplicationParams.stopAt`: everything that was committed
  /// up to now.
  public var currentLSN: LSN { state.withLock(\.end) }
}

// MARK: - Slots

extension TestDatabase {
  /// Creates a slot, from which everything is delivered that is committed from now on.
  ///
  /// - Throws: ``TestDatabaseError/slotExists(_:)``.
  public func createSlot(_ name: String) throws(TestDatabaseError) {
    try state.withLock { (state) throws(TestDatabaseError) in
      guard state.slots[name] == nil else { throw .slotExists(name) }
      state.slots[name] = SlotRecord(at: state.written)
    }
  }

  /// Drops a slot, even if a client streams from it.
  ///
  /// - Throws: ``TestDatabaseError/noSlot(_:)``.
  public func dropSlot(_ name: String) throws(TestDatabaseError) {
    let slot = try state.withLock { (state) throws(TestDatabaseError) in
      guard let slot = state.slots.removeValue(forKey: name) else { throw .noSlot(name) }
      return slot
    }
    if let pid = slot.activePID { sessions.end(pid) }
  }

  /// Whether there is a slot of this name.
  public func hasSlot(_ name: String = "test_slot") -> Bool {
    state.withLock { $0.slots[name] != nil }
  }

  /// The position up to which everything was acknowledged to a slot; `nil` without the slot.
  public func confirmedFlushLSN(of slot: String = "test_slot") -> LSN? {
    state.withLock { $0.slots[slot]?.confirmedFlush }
  }
}
