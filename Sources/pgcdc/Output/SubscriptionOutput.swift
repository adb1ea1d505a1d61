internal import ChangeFormats
internal import PGOutput
internal import ReplicationCore

/// Writes what a subscription delivers, and acknowledges each transaction, and each range of a
/// snapshot, once its lines are out.
struct SubscriptionOutput<Format: ChangeFormat>: ~Copyable {
  let subscription: Subscription
  let options: SubscriptionOutputOptions
  var format: Format
  var writer = FileWriter.standardOutput()
  var types = TypeKnowledge()
  /// How many transactions were written that count.
  private(set) var count = 0
  /// Kept until the subscription is closed: what could not be written is not released before.
  private var latest: ReplicationTransaction?

  init(_ subscription: Subscription, format: Format, _ options: SubscriptionOutputOptions) {
    self.subscription = subscription
    self.options = options
    self.format = format
  }

  /// Runs until there is no more, or enough transactions were written.
  ///
  /// What was written is acknowledged once it is on the disk, if standard output is a file.
  mutating func run() async throws {
    do {
      if options.takesItems { try await writeItems() } else { try await writeTransactions() }
    } catch {
      try? writer.drain()
      throw error
    }
    try writer.drain()
  }

  private mutating func writeTransactions() async throws {
    for try await transaction in subscription.transactions {
      try await take(transaction)
      if count == options.maxTransactions { return }
    }
  }

  private mutating func writeItems() async throws {
    for try await item in subscription.items {
      switch item {
      case .transaction(let transaction):
        try await take(transaction)
        if count == options.maxTransactions { return }
      case .rangeBegins(let chunk): try await take(chunk)
      case .tableIsWhole(let table):
        format.append(table, to: &writer.buffer)
        try writer.flush()
      @unknown default:
        throw RuntimeFailure("the library delivered an item that this program does not support")
      }
    }
  }

  private mutating func take(_ transaction: ReplicationTransaction) async throws {
    latest = transaction
    do {
      try await write(transaction)
    } catch ReplicationError.interrupted {
      // What was printed of it is void; it is sent again, from its begin line on.
      format.withdraw(transaction, to: &writer.buffer)
      try writer.flush()
      return
    }
    try writer.flush()
    if options.acknowledges {
      try writer.whenDurable { [data = options.userData] in transaction.acknowledge(attaching: data)
      }
    }
    if transaction.kind.counts { count += 1 }
  }

  private mutating func write(_ transaction: ReplicationTransaction) async throws {
    noteServerVersion()
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

  /// Takes in what is known of the server from the start.
  mutating func noteServerVersion() {
    guard types.types.style.serverVersion == nil else { return }
    types.note(serverVersion: subscription.serverMajorVersion)
    format.types = types.types
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
  private mutating func write(_ change: TransactionChange) async throws {
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

/// What is written of what a subscription delivers, and when that ends.
struct SubscriptionOutputOptions {
  /// Whether what was written is acknowledged.
  var acknowledges = true
  var maxTransactions: Int?
  /// Whether snapshots are taken beside the transactions.
  var takesItems = false
  /// What is kept with the checkpoint.
  var userData: [UInt8]?
}

extension ReplicationTransaction.Kind {
  /// Whether it is one of the transactions that `--max-transactions` counts.
  fileprivate var counts: Bool {
    switch self {
    case .committed, .prepared: true
    case .commitPrepared, .rollbackPrepared, .message: false
    }
  }
}
