public import ChangeFormats
internal import PGOutput
public import ReplicationCore

/// Turns what a subscription delivers into the events of a format.
public struct EventEncoder<Format: ChangeFormat>: SinkEncoder {
  private var format: SubscriptionFormat<Format>
  private var cursor: RecordCursor

  /// An encoder for one subscription.
  ///
  /// - Parameters:
  ///   - state: What the engine has.
  ///   - describesTables: Whether the catalog is asked about each table: for the columns of its
  ///     primary key and the defaults of its columns.
  public init(
    _ format: Format, of subscription: Subscription, after state: SinkState, describesTables: Bool
  ) {
    self.format = SubscriptionFormat(format, of: subscription, describesTables: describesTables)
    cursor = RecordCursor(after: state)
  }

  public mutating func begin(
    _ transaction: ReplicationTransaction, to batch: EventBatch
  ) async throws {
    format.noteServerVersion()
    cursor.begin(transaction)
    try batch.append(&cursor) { output throws(FormatError) in
      try format.format.begin(transaction, to: &output)
    }
  }

  public mutating func append(
    _ change: TransactionChange, of transaction: ReplicationTransaction, to batch: EventBatch
  ) async throws {
    if case .relation = change {
      try await format.prepare(for: change, of: transaction)
    }
    while true {
      let failure = appendIfKnown(change, to: batch)
      guard let failure else { return }
      try await format.lookUpType(missingIn: failure)
    }
  }

  private mutating func appendIfKnown(
    _ change: TransactionChange, to batch: EventBatch
  ) -> FormatError? {
    do throws(FormatError) {
      try batch.append(&cursor) { output throws(FormatError) in
        try format.format.append(change, to: &output)
      }
      return nil
    } catch {
      return error
    }
  }

  public mutating func end(
    _ transaction: ReplicationTransaction, to batch: EventBatch
  ) async throws {
    try batch.append(&cursor) { output throws(ReplicationError) in
      try format.format.end(transaction, to: &output)
    }
    batch.endItem()
  }

  public mutating func begin(_ chunk: SnapshotChunk, to batch: EventBatch) async throws {
    try await format.prepare(for: chunk)
    cursor.beginRows()
    try batch.append(&cursor) { output throws(FormatError) in
      try format.format.begin(chunk, to: &output)
    }
  }

  public mutating func append(_ rows: SnapshotBatch, to batch: EventBatch) async throws {
    while true {
      let failure = appendIfKnown(rows, to: batch)
      guard let failure else { return }
      try await format.lookUpType(missingIn: failure)
    }
  }

  private mutating func appendIfKnown(
    _ rows: SnapshotBatch, to batch: EventBatch
  ) -> FormatError? {
    do throws(FormatError) {
      try batch.append(&cursor) { output throws(FormatError) in
        try format.format.append(rows, to: &output)
      }
      return nil
    } catch {
      return error
    }
  }

  public mutating func end(_ chunk: SnapshotChunk, to batch: EventBatch) async throws {
    batch.append(&cursor) { output in format.format.end(chunk, to: &output) }
    batch.endItem()
  }

  /// Nothing is written: the range's events are void, and those that begin it again say so.
  public mutating func withdraw(_ chunk: SnapshotChunk, to batch: EventBatch) async throws {}

  public mutating func append(_ table: WholeTable, to batch: EventBatch) async throws {
    cursor.beginRows()
    batch.append(&cursor) { output in format.format.append(table, to: &output) }
    batch.endItem()
  }
}
