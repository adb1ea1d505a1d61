internal import CDCTime
internal import PGWire

/// A table, and what it looks like at some point of the log.
struct DescribedTable: Hashable, Sendable {
  let oid: UInt32
  let table: TestTable
}

/// One change of a transaction.
struct LoggedChange: Sendable {
  enum Content: Sendable {
    /// A message of the plugin.
    case change([UInt8])
    /// A logical message.
    case message(prefix: String, [UInt8])
  }

  /// What a client has to know before: the tables that it changes.
  let tables: [DescribedTable]
  let content: Content

  var isMessage: Bool {
    if case .message = content { true } else { false }
  }

  /// The message of the plugin.
  func encoded(at lsn: LSN) -> [UInt8] {
    switch content {
    case .change(let message): message
    case .message(let prefix, let content):
      PgOutputEncoder.message(isTransactional: true, lsn: lsn, prefix: prefix, content: content)
    }
  }
}

/// A transaction in the log.
struct LoggedTransaction: Sendable {
  /// A change and its position.
  struct Placed: Sendable {
    let lsn: LSN
    let change: LoggedChange
  }

  let xid: UInt32
  let changes: [Placed]
  /// The position of its commit, or of its rollback.
  let commitLSN: LSN
  let endLSN: LSN
  let time: PostgresTimestamp
  /// How many changes a block has if it is streamed while it is in progress; `nil` if it is too
  /// small for that.
  let blockSize: Int?
  let isRolledBack: Bool
}

/// What a stream may have to deliver.
enum LogEntry: Sendable {
  case transaction(LoggedTransaction)
  /// A logical message outside of transactions.
  case message(at: LSN, prefix: String, [UInt8])
  case recorded(RecordedMessage)
}
