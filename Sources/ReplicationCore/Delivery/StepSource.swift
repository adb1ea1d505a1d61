internal import PGOutput
internal import PGWire

/// Makes steps of the messages of one stream after the other.
///
/// There is one for whole transactions and one for blocks that are passed on.
protocol StepSource: Sendable {
  associatedtype Step: AssembledStep

  /// What the consumer has been told of tables.
  var knownShapes: RelationTracker { get }
  /// The table that the next step describes, if it does.
  var upcomingRelation: Relation? { get }
  /// The transaction that the next step belongs to, if the step says.
  var upcomingXID: UInt32? { get }
  /// Where a transaction commits that has begun, and of which no step has come yet.
  var keptCommit: LSN? { get }
  /// Whether the disk has to be used before there are more steps, or more can be taken in.
  var needsDisk: Bool { get }
  /// What is kept of transactions in progress.
  var kept: KeptTransactions { get }

  /// The next step; `nil` if another message has to be taken in first, or the disk be used.
  mutating func nextStep() throws(ReplicationError) -> Step?
  /// The next row of those that were taken in at one go, if it is what the next step would be.
  mutating func nextRow() -> Change?
  /// Takes in the rows that come next at one go, if it can and there is no step.
  ///
  /// - Returns: Whether there was any.
  mutating func takeRows(_ frames: inout FrameCursor) -> Bool
  mutating func take(_ data: XLogData) throws(PgOutputError)
  mutating func take(_ keepAlive: KeepAlive)
  /// Types were learnt: rows from here on are read with them.
  mutating func learn(_ readers: RowReaders)
  /// Makes ready what will be needed, so that what can't be used is an error before a stream opens.
  mutating func prepare() async throws(ReplicationError)
  mutating func useDisk() async throws(ReplicationError)
  /// Another stream begins, and brings again what has not ended.
  mutating func restart(_ shapes: RelationTracker)
}

extension StepSource {
  mutating func nextRow() -> Change? { nil }
  mutating func takeRows(_ frames: inout FrameCursor) -> Bool { false }
}
