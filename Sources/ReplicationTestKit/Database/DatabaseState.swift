internal import CDCTime
internal import PGWire

/// A table with its rows.
struct TableState: Sendable {
  let oid: UInt32
  var table: TestTable
  var rows: [TestRow] = []

  var described: DescribedTable { DescribedTable(oid: oid, table: table) }
}

/// What all transactions up to a position have made of the tables.
struct DatabaseSnapshot: Sendable {
  let tables: [TableState]
  /// The end of the log when it was taken.
  let written: LSN
  /// No transaction from here on had begun.
  let nextXID: UInt32
}

/// The content of a ``TestDatabase``.
struct DatabaseState: Sendable {
  var tables: [TableState] = []
  var log: [LogEntry] = []
  /// The end of the last entry of the log.
  var end = LSN(rawValue: 0x0100_0000)
  var slots: [String: SlotRecord] = [:]
  /// Snapshots that sessions have exported, by name.
  var exported: [String: DatabaseSnapshot] = [:]
  /// Who holds the advisory locks.
  var locks: [String: Int32] = [:]
  private var nextXID: UInt32 = 731
  private var nextOID: UInt32 = 16_384
  private var exportCount = 0

  /// Bytes of a change's record.
  private static let changeBytes: UInt64 = 0x40
  /// Bytes of a commit's record.
  private static let commitBytes: UInt64 = 0x30
  /// Bytes that a server has written since the last entry, for itself.
  private static let idleBytes: UInt64 = 0x38

  /// The end of the server's log.
  var written: LSN { end.advanced(by: Self.idleBytes) }

  var snapshot: DatabaseSnapshot {
    DatabaseSnapshot(tables: tables, written: written, nextXID: nextXID)
  }

  func table(named name: String) throws(TestDatabaseError) -> TableState {
    guard let table = tables.first(where: { $0.table.isNamed(name) }) else {
      throw .noTable(name)
    }
    return table
  }

  mutating func create(_ table: TestTable) {
    tables.append(TableState(oid: nextOID, table: table))
    nextOID += 1
  }

  /// Adds a transaction.
  ///
  /// - Returns: Its end.
  mutating func append(
    _ changes: [LoggedChange], blockSize: Int?, isRolledBack: Bool
  ) -> LSN {
    var position = written
    let placed = changes.map { change in
      position = position.advanced(by: Self.changeBytes)
      return LoggedTransaction.Placed(lsn: position, change: change)
    }
    let commit = position.advanced(by: Self.changeBytes)
    end = commit.advanced(by: Self.commitBytes)
    log.append(
      .transaction(
        LoggedTransaction(
          xid: nextXID, changes: placed, commitLSN: commit, endLSN: end, time: .now(),
          blockSize: blockSize.map { max($0, 1) }, isRolledBack: isRolledBack)))
    nextXID += 1
    return end
  }

  /// Adds a logical message outside of transactions.
  mutating func append(_ prefix: String, _ content: [UInt8]) -> LSN {
    end = written.advanced(by: Self.changeBytes)
    log.append(.message(at: end, prefix: prefix, content))
    return end
  }

  /// Exports what the tables have now, under a name.
  mutating func export() -> String {
    exportCount += 1
    let name = "00000003-0000001B-\(exportCount)"
    exported[name] = snapshot
    return name
  }
}
