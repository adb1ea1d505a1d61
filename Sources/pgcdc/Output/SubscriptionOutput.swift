internal import ChangeFormats
internal import PGOutput
internal import ReplicationCore

/// Writes what a subscription delivers, and acknowledges each transaction, and each range of a
/// snapshot, once its lines are out.
struct SubscriptionOutput<Format: ChangeFormat>: ~Copyable {
  let subscription: Subscription
  let options: SubscriptionOutputOptions
  var formatted: SubscriptionFormat<Format>
  var writer = FileWriter.standardOutput()
  /// How many transactions were written that count.
  private(set) var count = 0
  /// Kept until the subscription is closed: what could not be written is not released before.
  private var latest: ReplicationTransaction?

  init(_ subscription: Subscription, format: Format, _ options: SubscriptionOutputOptions) {
    self.subscription = subscription
    self.options = options
    formatted = SubscriptionFormat(
      format, of: subscription, describesTables: options.describesTables)
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
        formatted.format.append(table, to: &writer.buffer)
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
      formatted.format.withdraw(transaction, to: &writer.buffer)
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
    formatted.noteServerVersion()
    try formatted.format.begin(transaction, to: &writer.buffer)
    for try await change in transaction.changes {
      if case .relation = change { try await prepare(for: change, of: transaction) }
      try await write(change)
      try writer.flushIfFull()
    }
    try formatted.format.end(transaction, to: &writer.buffer)
  }

  /// Asks what is not known of a table, before its first row comes.
  private mutating func prepare(
    for change: TransactionChange, of transaction: ReplicationTransaction
  ) async throws {
    try writer.flush()
    try await formatted.prepare(for: change, of: transaction)
  }

  /// Writes a change; if a value in it is of an unknown type, that is looked up.
  private mutating func write(_ change: TransactionChange) async throws {
    while true {
      do throws(FormatError) {
        return try formatted.format.append(change, to: &writer.buffer)
      } catch {
        try await formatted.lookUpType(missingIn: error)
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
  /// Whether the catalog is asked about tables.
  var describesTables = false
}

extension TransactionKind {
  /// Whether it is one of the transactions that `--max-transactions` counts.
  fileprivate var counts: Bool {
    switch self {
    case .committed, .prepared: true
    case .commitPrepared, .rollbackPrepared, .message: false
    }
  }
}
