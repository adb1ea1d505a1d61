public import PGOutput
public import PGWire
public import ReplicationCore

/// Turns the transactions of one stream into bytes.
///
///     var format = JSONLineFormat()
///     var output = OutputBuffer()
///     for try await transaction in subscription.transactions {
///       try format.begin(transaction, to: &output)
///       for try await change in transaction.changes { try format.append(change, to: &output) }
///       try format.end(transaction, to: &output)
///       …                              // make the bytes durable, then empty the buffer
///       transaction.acknowledge()
///     }
///
/// What incremental snapshots read comes between the transactions, as
/// ``/ReplicationCore/Subscription/items`` deliver it:
///
///     case .rangeBegins(let chunk):
///       try format.begin(chunk, to: &output)
///       for try await batch in chunk.batches { try format.append(batch, to: &output) }
///       format.end(chunk, to: &output)
///     case .tableIsWhole(let table):
///       format.append(table, to: &output)
///
/// Each event is a line, or a record with a topic and a key if the output was made with
/// `keepsRecords`: see `OutputBuffer.forEachRecord`.
///
/// A format remembers which transaction is open and what it has learned of tables, so each stream
/// needs its own. The output belongs to the caller, who empties it and uses it again. Nothing is
/// allocated for a row.
public protocol ChangeFormat: Sendable {
  /// What is known of types that aren't built in.
  ///
  /// A type that is missing here is written as the text that the server sends.
  var types: TypeCatalog { get set }

  /// Takes in what the catalog says of a table and the stream doesn't; see
  /// ``/ReplicationCore/Subscription/describeTables(_:)``.
  ///
  /// Without it the key of a table's records is the replica identity; with it, it is the primary
  /// key, also where the replica identity is `FULL`.
  mutating func describe(_ table: TableDescription)

  /// Appends the begin of a transaction, which may be nothing.
  ///
  /// - Throws: ``FormatError/provisional(_:lsn:)`` if it is prepared, and the format can't say that
  ///   it may yet be rolled back.
  mutating func begin(
    _ transaction: ReplicationTransaction, to output: inout OutputBuffer
  ) throws(FormatError)

  /// Appends the end of a transaction, which may be nothing.
  ///
  /// - Throws: ``/ReplicationCore/ReplicationError/notAtEnd`` while not all of its changes were
  ///   taken.
  mutating func end(
    _ transaction: ReplicationTransaction, to output: inout OutputBuffer
  ) throws(ReplicationError)

  /// Appends a line that withdraws everything since the transaction's begin: it broke off, and is
  /// delivered again from its beginning.
  ///
  /// Formats that can't say so append nothing; use
  /// ``/ReplicationCore/SubscriptionOptions/keepsTransactionsWhole`` with them.
  mutating func withdraw(_ transaction: ReplicationTransaction, to output: inout OutputBuffer)

  /// Appends a message of the plugin, for streams that are decoded without a subscription.
  ///
  /// Messages that the format has nothing for append nothing: relations, types and those that are
  /// ignored. A relation is checked: whether the options can be applied to it.
  ///
  /// - Parameters:
  ///   - lsn: The position of the change, from the frame around the message.
  ///   - xid: In a streamed block, the transaction or subtransaction that the message belongs to.
  /// - Throws: If the message can't be written; then nothing is appended.
  mutating func append(
    _ message: PgOutputMessage, at lsn: LSN, provisionalIn xid: UInt32?,
    to output: inout OutputBuffer
  ) throws(FormatError)

  /// Appends a line that announces the rows of a range, after which consumers delete what they hold
  /// in it; formats without such a line append nothing.
  ///
  /// - Throws: ``FormatError`` if a bound of the range can't be written; then nothing is appended.
  mutating func begin(_ chunk: SnapshotChunk, to output: inout OutputBuffer) throws(FormatError)

  /// Appends rows of a chunk, or of a snapshot that was read before the stream.
  ///
  /// - Throws: ``FormatError`` if one of them can't be written; then nothing is appended.
  mutating func append(_ batch: SnapshotBatch, to output: inout OutputBuffer) throws(FormatError)

  /// Appends a line that says that all rows of a range have come; a range without it is void.
  ///
  /// Formats without such a line append nothing.
  mutating func end(_ chunk: SnapshotChunk, to output: inout OutputBuffer)

  /// Appends a line that says that all rows of a table have come, which may be nothing.
  mutating func append(_ table: WholeTable, to output: inout OutputBuffer)
}

extension ChangeFormat {
  /// Appends a change.
  ///
  /// - Throws: ``FormatError`` if it can't be written; then nothing is appended.
  public mutating func append(
    _ change: TransactionChange, to output: inout OutputBuffer
  ) throws(FormatError) {
    switch change {
    case .insert(let row), .update(let row), .delete(let row):
      try append(row, to: &output)
    case .truncate(let truncate, let lsn):
      try append(.truncate(truncate), at: lsn, provisionalIn: nil, to: &output)
    case .message(let message):
      try append(.message(message), at: message.lsn, provisionalIn: nil, to: &output)
    case .relation(let change):
      try check(change.relation, to: &output)
    @unknown default: return
    }
  }

  /// Checks whether the options can be applied to a table, before its first row comes.
  ///
  /// - Throws: ``FormatError/column(_:table:column:)`` if they can't.
  package mutating func check(
    _ relation: Relation, to output: inout OutputBuffer
  ) throws(FormatError) {
    try append(.relation(relation), at: .zero, provisionalIn: nil, to: &output)
  }

  private mutating func append(
    _ row: RowChange, to output: inout OutputBuffer
  ) throws(FormatError) {
    try row.withMessage { (message) throws(FormatError) in
      try append(message, at: row.lsn, provisionalIn: nil, to: &output)
    }
  }
}
