internal import PGOutput
internal import PGWire
internal import ReplicationCore

/// Writes committed transactions, and acknowledges each once its lines are out.
struct TransactionOutput: ~Copyable {
  private let subscription: Subscription
  private let acknowledges: Bool
  private let maxTransactions: Int?
  private var formatter: any LineFormatter
  private var writer = FileWriter.standardOutput()
  private var types = TypeLearner()
  /// Kept until the subscription is closed: what could not be written is not let go of before.
  private var latest: Transaction?

  init(
    _ subscription: Subscription, formatter: any LineFormatter, acknowledges: Bool,
    maxTransactions: Int?
  ) {
    self.subscription = subscription
    self.acknowledges = acknowledges
    self.maxTransactions = maxTransactions
    self.formatter = formatter
  }

  /// Runs until there is no more, or enough transactions were written.
  ///
  /// What was written is acknowledged once it is on the disk, if standard output is a file.
  mutating func run() async throws {
    do {
      try await writeAll()
    } catch {
      try? writer.drain()
      throw error
    }
    try writer.drain()
  }

  private mutating func writeAll() async throws {
    var count = 0
    for try await transaction in subscription.transactions {
      latest = transaction
      do {
        try await write(transaction)
      } catch ReplicationError.interrupted {
        // What was printed of it does not count; it comes again, from its begin line on.
        formatter.appendWithdrawal(of: transaction.info, to: &writer.buffer)
        try writer.flush()
        continue
      }
      try writer.flush()
      if acknowledges { try writer.whenDurable { transaction.acknowledge() } }
      guard transaction.kind.counts else { continue }
      count += 1
      if count == maxTransactions { return }
    }
  }

  private mutating func write(_ transaction: Transaction) async throws {
    let info = transaction.info
    if types.types.style.serverVersion == nil {
      types.note(serverVersion: subscription.serverMajorVersion)
      formatter.types = types.types
    }
    try write(info.firstMessage, at: info.commitLSN)
    if let origin = transaction.origin { try write(.origin(origin), at: info.commitLSN) }
    for try await change in transaction.changes {
      switch change {
      case .insert(let row), .update(let row), .delete(let row): try await write(row)
      case .truncate(let truncate, let lsn): try write(.truncate(truncate), at: lsn)
      case .message(let message): try write(.message(message), at: message.lsn)
      case .relation(let change):
        try await learnTypes(of: change.relation, from: info.xid)
      }
      try writer.flushIfFull()
    }
    guard let end = transaction.endLSN else { throw ReplicationError.notAtEnd }
    try write(info.lastMessage(end: end), at: info.commitLSN)
  }

  /// Asks what the types of a table's columns are made of, before its first row comes.
  private mutating func learnTypes(of relation: Relation, from xid: UInt32) async throws {
    guard !types.types.isComplete(for: relation) else { return }
    // It may take a while.
    try writer.flush()
    let subscription = subscription
    let hasLearnt = try await types.learn(
      relation, from: xid, isBinary: subscription.params.binary
    ) {
      try await subscription.lookUpTypes(of: $0, into: &$1, from: xid)
    }
    if hasLearnt { formatter.types = types.types }
  }

  private mutating func write(_ message: PgOutputMessage, at lsn: LSN) throws {
    try formatter.append(message, at: lsn, provisionalIn: nil, to: &writer.buffer)
  }

  private mutating func write(_ message: OwnedMessage?, at lsn: LSN) throws {
    switch message {
    case .begin(let begin): try write(.begin(begin), at: lsn)
    case .commit(let commit): try write(.commit(commit), at: lsn)
    case .beginPrepare(let begin): try write(.beginPrepare(begin), at: lsn)
    case .prepare(let prepare): try write(.prepare(prepare), at: lsn)
    case .commitPrepared(let commit): try write(.commitPrepared(commit), at: lsn)
    case .rollbackPrepared(let rollback): try write(.rollbackPrepared(rollback), at: lsn)
    case nil: break
    }
  }

  /// Writes a row; if a value in it is of an unknown type, that is looked up.
  private mutating func write(_ row: RowChange) async throws {
    while true {
      do {
        return try Self.write(row, &formatter, &writer.buffer)
      } catch let error as JSONFormatError {
        guard case .value(.unknownType(let oid), _, _, _, _) = error else { throw error }
        guard types.add(try await subscription.describeTypes([oid])) else { throw error }
        formatter.types = types.types
      }
    }
  }

  private static func write(
    _ row: RowChange, _ formatter: inout any LineFormatter, _ output: inout [UInt8]
  ) throws {
    try row.withMessage { message in
      try formatter.append(message, at: row.lsn, provisionalIn: nil, to: &output)
    }
  }
}

/// What begins and ends a transaction, as the plugin would say it of one that comes whole.
private enum OwnedMessage {
  case begin(Begin)
  case commit(Commit)
  case beginPrepare(BeginPrepare)
  case prepare(Prepare)
  case commitPrepared(CommitPrepared)
  case rollbackPrepared(RollbackPrepared)
}

extension TransactionInfo {
  fileprivate var firstMessage: OwnedMessage? {
    switch (kind, time) {
    case (.committed, let time?):
      .begin(Begin(finalLSN: commitLSN, commitTime: time, xid: xid))
    case (.prepared(let gid), let time?):
      .beginPrepare(
        BeginPrepare(
          prepareLSN: commitLSN, endLSN: prepareEnd ?? .zero, prepareTime: time, xid: xid,
          gid: gid))
    default: nil
    }
  }

  fileprivate func lastMessage(end: LSN) -> OwnedMessage? {
    switch (kind, time, outcome) {
    case (.committed, let time?, _):
      .commit(Commit(commitLSN: commitLSN, endLSN: end, commitTime: time))
    case (.prepared(let gid), let time?, _):
      .prepare(
        Prepare(prepareLSN: commitLSN, endLSN: end, prepareTime: time, xid: xid, gid: gid))
    case (_, _, .committed(let commit)?): .commitPrepared(commit)
    case (_, _, .rolledBack(let rollback)?): .rollbackPrepared(rollback)
    default: nil
    }
  }
}

extension Transaction.Kind {
  /// Whether it is one of the transactions that `--max-transactions` counts.
  fileprivate var counts: Bool {
    switch self {
    case .committed, .prepared: true
    case .commitPrepared, .rollbackPrepared, .message: false
    }
  }
}
