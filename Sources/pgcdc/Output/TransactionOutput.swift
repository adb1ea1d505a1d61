internal import ChangeFormats
internal import PGOutput
internal import ReplicationCore

/// Writes committed transactions, and acknowledges each once its lines are out.
struct TransactionOutput<Format: ChangeFormat>: ~Copyable {
  private let subscription: Subscription
  private let acknowledges: Bool
  private let maxTransactions: Int?
  private var format: Format
  private var writer = FileWriter.standardOutput()
  private var types = TypeKnowledge()
  /// Kept until the subscription is closed: what could not be written is not released before.
  private var latest: Transaction?

  init(
    _ subscription: Subscription, format: Format, acknowledges: Bool, maxTransactions: Int?
  ) {
    self.subscription = subscription
    self.acknowledges = acknowledges
    self.maxTransactions = maxTransactions
    self.format = format
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
        // What was printed of it is void; it is sent again, from its begin line on.
        format.withdraw(transaction, to: &writer.buffer)
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
    if types.types.style.serverVersion == nil {
      types.note(serverVersion: subscription.serverMajorVersion)
      format.types = types.types
    }
    try format.begin(transaction, to: &writer.buffer)
    for try await change in transaction.changes {
      if case .relation(let change) = change {
        try await learnTypes(of: change.relation, from: transaction.xid)
      } else {
        try await write(change)
      }
      try writer.flushIfFull()
    }
    try format.end(transaction, to: &writer.buffer)
  }

  /// Asks what the types of a table's columns are made of, before its first row comes.
  private mutating func learnTypes(of relation: Relation, from xid: UInt32) async throws {
    guard !types.types.isComplete(for: relation) else { return }
    // It may take a while.
    try writer.flush()
    let subscription = subscription
    let hasLearnt = try await types.learn(
      relation, from: xid, isBinary: subscription.params.binary
    ) { relation, types throws(ReplicationError) in
      try await subscription.lookUpTypes(of: relation, into: &types, from: xid)
    }
    if hasLearnt { format.types = types.types }
  }

  /// Writes a change; if a value in it is of an unknown type, that is looked up.
  private mutating func write(_ change: Change) async throws {
    while true {
      do {
        return try format.append(change, to: &writer.buffer)
      } catch let error as FormatError {
        guard case .value(.unknownType(let oid), _, _, _, _) = error else { throw error }
        guard types.add(try await subscription.describeTypes([oid])) else { throw error }
        format.types = types.types
      }
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
