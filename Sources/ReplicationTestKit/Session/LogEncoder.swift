internal import CDCTime
internal import PGWire

/// What a client has asked for when it started a stream.
struct StreamRequest: Sendable {
  /// Where the stream begins: what was committed before is left out.
  let start: LSN
  /// Whether large transactions are sent in blocks.
  let streams: Bool
  /// Whether a rollback of such a transaction has its position and time.
  let isParallel: Bool
  /// Whether logical messages are sent.
  let hasMessages: Bool
}

/// Turns entries of the log into the messages that one stream gets.
struct LogEncoder: Sendable {
  private let request: StreamRequest
  /// The tables that the client knows, as they were described to it.
  private var known: [UInt32: TestTable] = [:]
  /// What a recording has described in transactions that were left out.
  private var leftOut: [[UInt8]] = []

  init(_ request: StreamRequest) {
    self.request = request
  }

  /// The messages for an entry, each in a CopyData.
  mutating func messages(for entry: LogEntry) -> [[UInt8]] {
    switch entry {
    case .recorded(let message): messages(for: message)
    case .message(let lsn, let prefix, let content):
      request.hasMessages && lsn > request.start
        ? [
          Self.data(
            lsn,
            PgOutputEncoder.message(
              isTransactional: false, lsn: lsn, prefix: prefix, content: content))
        ] : []
    case .transaction(let transaction): messages(for: transaction)
    }
  }

  private mutating func messages(for transaction: LoggedTransaction) -> [[UInt8]] {
    let changes = transaction.changes.filter { request.hasMessages || !$0.change.isMessage }
    // A server leaves out what has nothing for the client.
    guard transaction.commitLSN >= request.start, let first = changes.first else { return [] }
    if request.streams, let size = transaction.blockSize {
      return blocks(of: transaction, changes, size: size) + [end(of: transaction)]
    }
    if transaction.isRolledBack { return [] }
    var messages = [
      Self.data(
        first.lsn,
        PgOutputEncoder.begin(
          finalLSN: transaction.commitLSN, commitTime: transaction.time, xid: transaction.xid))
    ]
    for placed in changes {
      for description in Self.describe(placed.change.tables, &known) {
        messages.append(Self.data(.zero, description))
      }
      messages.append(Self.data(placed.lsn, placed.change.encoded(at: placed.lsn)))
    }
    messages.append(
      Self.data(
        transaction.endLSN,
        PgOutputEncoder.commit(
          commitLSN: transaction.commitLSN, endLSN: transaction.endLSN,
          commitTime: transaction.time)))
    return messages
  }

  /// A message of a recording, and before the first change of it that is sent what the client would
  /// have known without a new beginning.
  private mutating func messages(for recorded: RecordedMessage) -> [[UInt8]] {
    if let commit = recorded.commit, commit < request.start {
      if let description = recorded.description { leftOut.append(description) }
      return []
    }
    var messages: [[UInt8]] = []
    if let letter = recorded.letter, "IUDTRY".utf8.contains(letter) {
      for description in leftOut {
        messages.append(
          Self.data(
            .zero, recorded.block.map { PgOutputEncoder.inBlock($0, description) } ?? description))
      }
      leftOut = []
    }
    return messages + [BackendEncoder.copyData(recorded.content)]
  }

  /// The blocks of a transaction, each with its tables as the transaction finds them.
  private func blocks(
    of transaction: LoggedTransaction, _ changes: [LoggedTransaction.Placed], size: Int
  ) -> [[UInt8]] {
    let xid = transaction.xid
    var known: [UInt32: TestTable] = [:]
    var messages: [[UInt8]] = []
    for start in stride(from: 0, to: changes.count, by: size) {
      let block = changes[start..<min(start + size, changes.count)]
      messages.append(
        Self.data(changes[start].lsn, PgOutputEncoder.streamStart(xid, isFirst: start == 0)))
      for placed in block {
        for description in Self.describe(placed.change.tables, &known) {
          messages.append(Self.data(.zero, PgOutputEncoder.inBlock(xid, description)))
        }
        messages.append(
          Self.data(
            placed.lsn, PgOutputEncoder.inBlock(xid, placed.change.encoded(at: placed.lsn))))
      }
      messages.append(Self.data(.zero, PgOutputEncoder.streamStop))
    }
    return messages
  }

  /// What became of a transaction whose blocks were sent.
  private func end(of transaction: LoggedTransaction) -> [UInt8] {
    let xid = transaction.xid
    guard transaction.isRolledBack else {
      return Self.data(
        transaction.endLSN,
        PgOutputEncoder.streamCommit(
          xid, commitLSN: transaction.commitLSN, endLSN: transaction.endLSN,
          commitTime: transaction.time))
    }
    return Self.data(
      transaction.endLSN,
      request.isParallel
        ? PgOutputEncoder.streamAbort(
          xid, subxid: xid, abortLSN: transaction.commitLSN, abortTime: transaction.time)
        : PgOutputEncoder.streamAbort(xid, subxid: xid))
  }

  /// What has to be said of tables before a change of them.
  private static func describe(
    _ tables: [DescribedTable], _ known: inout [UInt32: TestTable]
  ) -> [[UInt8]] {
    var descriptions: [[UInt8]] = []
    for described in tables where known[described.oid] != described.table {
      known[described.oid] = described.table
      descriptions += described.table.description(oid: described.oid)
    }
    return descriptions
  }

  private static func data(_ lsn: LSN, _ payload: [UInt8]) -> [UInt8] {
    BackendEncoder.xLogData(lsn, payload, sentAt: .now())
  }
}
