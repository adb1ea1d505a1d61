internal import PGOutput
internal import PGWire

/// Turns the messages of one stream after the other into steps.
///
/// There is one for whole transactions and one for blocks that are delivered as they arrive.
protocol StepSource: Sendable {
  associatedtype Step: AssembledStep

  /// The table descriptions that the consumer has got.
  var knownShapes: RelationTracker { get }
  /// The table that the next step describes, if it does.
  var upcomingRelation: Relation? { get }
  /// The transaction that the next step belongs to, if the step says.
  var upcomingXID: UInt32? { get }
  /// The commit position of a transaction that has begun but has produced no step yet.
  var keptCommit: LSN? { get }
  /// Whether the disk has to be used before there are more steps, or more can be taken in.
  var needsDisk: Bool { get }
  /// What is kept of transactions in progress.
  var kept: KeptTransactions { get }

  /// The next step; `nil` if another message has to be taken first, or the disk has to be used.
  mutating func nextStep() throws(ReplicationError) -> Step?
  /// The next of the rows that were taken in one call, if it is what the next step would be.
  mutating func nextRow() -> TransactionChange?
  /// Passes all of these rows: cheaper than one at a time.
  mutating func popEachRow(_ body: (TransactionChange) throws -> Void) throws
  /// Takes all the rows that come next in one call, if it can and there is no step.
  ///
  /// - Returns: Whether there was any.
  mutating func takeRows(_ frames: inout FrameCursor) -> Bool
  mutating func take(_ data: XLogData) throws(PgOutputError)
  mutating func take(_ keepAlive: KeepAlive)
  /// Types were learnt: rows from here on are read with them.
  mutating func learn(_ readers: RowReaders)
  /// Prepares everything that will be needed, so that anything unusable is an error before a stream
  /// opens.
  mutating func prepare() async throws(ReplicationError)
  mutating func useDisk() async throws(ReplicationError)
  /// Another stream begins, and repeats transactions that have not ended.
  mutating func restart(_ shapes: RelationTracker)
}

extension StepSource {
  mutating func nextRow() -> TransactionChange? { nil }
  mutating func popEachRow(_ body: (TransactionChange) throws -> Void) throws {}
  mutating func takeRows(_ frames: inout FrameCursor) -> Bool { false }
}
