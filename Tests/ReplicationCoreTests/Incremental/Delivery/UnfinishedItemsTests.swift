import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

@testable import ReplicationCore

/// Transactions of which a consumer may have a part, while a table is being read: whatever becomes
/// of the tables meanwhile, each is judged alike from its first change to its last.
@Suite(.timeLimit(.minutes(2))) struct UnfinishedItemsTests {
  /// The table that is being read, up to the key `m`; and one that is published later.
  private static let (known, late): (UInt32, UInt32) = (16_384, 16_385)

  private static func table(_ oid: UInt32, _ name: String, _ shape: KeyShape) -> IncrementalTable {
    IncrementalTable(
      table: SnapshotTable(
        relation: Relation(
          oid: oid, namespace: "public", name: name, replicaIdentity: .default,
          columns: [
            Relation.Column(name: "name", isKey: true, typeOID: 25, typeModifier: -1)
          ]),
        rowFilter: nil, estimatedRows: 2, hasBinaryForm: true, types: TypeCatalog(),
        missingGrant: nil, storage: []),
      shape: shape)
  }

  private static func shape(comparesBytes: Bool) -> KeyShape {
    KeyShape([
      KeyColumn(name: "name", type: KeyType(.builtin(.text), comparesBytes: comparesBytes))
    ])
  }

  /// Keys up to `m` have been read before the transactions of the tests, the others have not.
  private static func checkpoint(comparesBytes: Bool) throws -> Checkpoint {
    let order = comparesBytes ? "known" : "server"
    let progress = try IncrementalProgress(
      text: """
        incremental 1
        anchor 10
        table \(known) 3 0/5000
        column name pg_catalog text \(order) - -
        range - done 0/5000 10:10:
        range <m open

        """)
    var checkpoint = Checkpoint(
      position: LSN(rawValue: 0x100), systemID: "1", timeline: 1, slot: "test_slot")
    checkpoint.incremental = IncrementalState(progress)
    return checkpoint
  }

  /// A transaction that inserts rows into the two tables.
  private static func bytes(_ rows: [(table: UInt32, name: String)]) -> [UInt8] {
    var bytes = Backend.xLogData(
      lsn(0x200), PgOutput.begin(finalLSN: 0x300, time: 1, xid: 20))
    var described: Set<UInt32> = []
    for (index, row) in rows.enumerated() {
      if described.insert(row.table).inserted {
        let name = row.table == known ? "known" : "late"
        bytes += Backend.xLogData(.zero, PgOutput.relation(row.table, name, [.key("name", 25)]))
      }
      bytes += Backend.xLogData(
        lsn(0x200 + UInt64(index)), PgOutput.insert(row.table, new: [.text(Array(row.name.utf8))]))
    }
    return bytes
      + Backend.xLogData(
        lsn(0x308), PgOutput.commit(commitLSN: 0x300, endLSN: 0x308, time: 1))
  }

  private static let untilClientEnds = ScriptStep("until the client ends") { peer in
    while case .statusUpdate? = try peer.nextOrEnd() {}
  }

  /// Delivers one transaction as a sink takes it.
  ///
  /// - Parameters:
  ///   - isHeld: Whether the consumer has a part of it.
  ///   - readsTables: Whether all tables are read, or only those that the checkpoint has.
  ///   - change: Called with the number of a row once it was delivered; the transaction is open.
  /// - Returns: The rows that were delivered.
  private static func deliver(
    _ rows: [(table: UInt32, name: String)], _ readers: StillReaders, comparesBytes: Bool,
    isHeld: Bool = false, readsTables: Bool = true,
    _ change: (Int, SubscriptionContext) -> Void = { _, _ in }
  ) async throws -> [String] {
    let checkpoint = try checkpoint(comparesBytes: comparesBytes)
    let (stream, _) = try await openStream(
      walSenderTimeout: "0", tuning: .subscription,
      [.send(bytes(rows)), untilClientEnds])
    defer { Task { await stream.close() } }
    var options = SubscriptionOptions()
    options.keepsTransactionsWhole = true
    options.reconnect = .never
    if readsTables { options.snapshot = .incremental(IncrementalSnapshotOptions()) }
    var params = ReplicationParams(
      connection: try ConnectionOptions("host=/nonexistent user=u"), slot: "test_slot",
      publications: ["p"])
    params.logger = quietLogger
    let context = SubscriptionContext(
      try Client(params), nil, options, makeReaders: { readers })
    context.acknowledgements.begin(at: checkpoint)
    context.requests.isHeld = isHeld
    let items = ItemSource(context, over: stream)
    var names: [String] = []
    while names.isEmpty, let item = try await items.nextItem() {
      guard case .transaction(let transaction) = item else { continue }
      change(0, context)
      for try await next in transaction.changes {
        guard case .insert(let row) = next else { continue }
        names.append(try row.withRow { row in try row["name", as: String.self] })
        change(names.count, context)
      }
    }
    await context.requests.finish()
    return names
  }

  /// What the server says of the tables after a restart.
  enum Lookup: CaseIterable {
    /// They are as they were.
    case found
    /// The table was dropped meanwhile.
    case gone
    /// It has not answered yet.
    case silent
  }

  @Test(arguments: Lookup.allCases, [true, false])
  func `keys that only the server can place are placed before the tables are looked up`(
    lookup: Lookup, isHeld: Bool
  ) async throws {
    let table = Self.table(Self.known, "known", Self.shape(comparesBytes: false))
    let readers =
      switch lookup {
      case .found: StillReaders([table])
      case .gone: StillReaders([])
      case .silent: StillReaders(nil)
      }
    // Without the consumer's part, tables that are all read are looked up before anything comes.
    let names = try await Self.deliver(
      [(Self.known, "B"), (Self.known, "x"), (Self.known, "a"), (Self.known, "Z")], readers,
      comparesBytes: false, isHeld: isHeld, readsTables: isHeld)
    #expect(names == ["B", "a"])
    if isHeld || lookup == .silent { #expect(readers.placedKeys.count == 4) }
  }

  @Test func `a table that is dropped in the middle of a transaction is judged to its end`()
    async throws
  {
    let table = Self.table(Self.known, "known", Self.shape(comparesBytes: true))
    let point = ReadPoint(
      snapshot: try TransactionSnapshot("30:30:"), horizon: StillReaders.horizon)
    let names = try await Self.deliver(
      [(Self.known, "b"), (Self.known, "x"), (Self.known, "a"), (Self.known, "z")],
      StillReaders([table]), comparesBytes: true
    ) { count, context in
      if count == 1 { context.requests.post(.found([], at: point)) }
    }
    #expect(names == ["b", "a"])
  }

  @Test func `a table's reading that is cancelled in the middle of one is judged to its end`()
    async throws
  {
    let table = Self.table(Self.known, "known", Self.shape(comparesBytes: true))
    let names = try await Self.deliver(
      [(Self.known, "b"), (Self.known, "x"), (Self.known, "a"), (Self.known, "z")],
      StillReaders([table]), comparesBytes: true
    ) { count, context in
      if count == 1 { context.requests.post(.cancel([Self.known])) }
    }
    #expect(names == ["b", "a"])
  }

  @Test func `a table that joins in the middle of a transaction is read only after it`()
    async throws
  {
    let shape = Self.shape(comparesBytes: true)
    let tables = [Self.table(Self.known, "known", shape), Self.table(Self.late, "late", shape)]
    let readers = StillReaders(Array(tables.prefix(1)))
    let names = try await Self.deliver(
      [(Self.known, "b"), (Self.late, "1"), (Self.late, "2"), (Self.known, "z")], readers,
      comparesBytes: true
    ) { count, _ in
      if count == 0 { readers.publish(tables) }
    }
    #expect(names == ["b", "1", "2"])
  }
}
