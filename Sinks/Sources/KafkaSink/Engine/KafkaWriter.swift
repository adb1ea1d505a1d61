internal import ChangeFormats
internal import ChangeSinks
internal import PGWire
internal import ReplicationCore

/// Writes batches in transactions, and knows what is committed.
///
///     begin, records, state, commit          a batch of whole transactions of the database
///     begin, records                         a part of a large one
///     records, state, commit                 its last part
///
/// The state is written last, when all records have arrived: so its topic is not held up while a
/// large transaction is open, and on brokers that show what was aborted it never says more than
/// there is.
final class KafkaWriter {
  /// A transaction of Kafka's.
  private struct Transaction {
    let since: ContinuousClock.Instant
    /// Where the transaction of the database commits that is not complete; `nil` if all are.
    var unfinished: LSN?
  }

  private let options: KafkaOptions
  private let name: String
  private let producer: KafkaProducer
  /// Stores checkpoints while the other producer has a transaction open.
  private let saver: KafkaProducer
  /// Whether that has a transaction open.
  private var isSaving = false
  /// What is committed.
  private var state: KafkaState
  /// What is open.
  private var transaction: Transaction?
  /// The place of the last record that was produced.
  private var last: SinkPosition?
  private var text = PositionText()
  /// What has failed; nothing is written after that.
  private var failure: SinkError?

  private init(
    _ options: KafkaOptions, name: String, _ producer: KafkaProducer, _ saver: KafkaProducer,
    _ state: KafkaState
  ) {
    self.options = options
    self.name = name
    self.producer = producer
    self.saver = saver
    self.state = state
    last = state.position
  }

  /// Ends what earlier writers may still write, and reads the state back.
  static func open(_ options: KafkaOptions, slot: String) throws(SinkError) -> KafkaWriter {
    let name = options.name ?? slot
    let producer = try KafkaProducer(options, transactionalID: "pgcdc-\(name)")
    let saver = try KafkaProducer(options, transactionalID: "pgcdc-\(name)-state")
    let topic = StateTopic(options, producer)
    try topic.prepare()
    try producer.fence()
    try saver.fence()
    return KafkaWriter(options, name: name, producer, saver, try topic.load(name))
  }

  /// What Kafka has.
  var sinkState: SinkState {
    SinkState(checkpoint: state.checkpoint, position: state.position)
  }

  /// Where the transaction of the database commits of which a part was produced.
  var unfinished: LSN? { transaction?.unfinished }

  /// Aborts what is open, so that consumers need not wait for it.
  func close() {
    if transaction != nil { producer.abort() }
    if isSaving { saver.abort() }
    transaction = nil
    isSaving = false
  }
}

// MARK: - Batches and checkpoints

extension KafkaWriter {
  /// Writes a batch, and commits everything up to its checkpoint.
  func write(_ batch: EventBatch, _ progress: SinkProgress) throws(SinkError) {
    try unlessFailed { () throws(SinkError) in
      try limitTime()
      try put(batch, progress)
    }
  }

  /// Stores a checkpoint.
  ///
  /// One that does not cover the transaction that is open, of which a part was produced, is stored
  /// beside it.
  func save(_ checkpoint: Checkpoint) throws(SinkError) {
    try unlessFailed { () throws(SinkError) in
      if let unfinished, unfinished >= checkpoint.position {
        try saveBeside(checkpoint)
      } else {
        try commit(checkpoint)
      }
    }
  }

  private func unlessFailed(_ body: () throws(SinkError) -> Void) throws(SinkError) {
    if let failure { throw failure }
    saver.handle.poll()
    do throws(SinkError) {
      try body()
    } catch {
      let timely = withTime(error)
      failure = timely
      throw timely
    }
  }

  private func put(_ batch: EventBatch, _ progress: SinkProgress) throws(SinkError) {
    let unfinished = unfinishedCommit(batch, progress)
    // What comes before the unfinished transaction is complete, and committed before it begins.
    var hasBegun =
      unfinished != nil && unfinished == transaction?.unfinished && progress.checkpoint == nil
    try batch.forEachRecord { (position, topic, record) throws(SinkError) in
      if !hasBegun, position.lsn == unfinished {
        hasBegun = true
        try commit(progress.checkpoint)
      }
      try begin()
      text.set(position)
      try producer.produce(record, to: topic.name, position: text.bytes)
      last = position
    }
    guard let unfinished, hasBegun else { return try commit(progress.checkpoint) }
    transaction?.unfinished = unfinished
  }

  /// Where the transaction commits that the batch ends in; `nil` if it ends with whole ones, or
  /// among the rows of a snapshot, which may be seen in parts.
  ///
  /// Such rows have the position of the last transaction before them.
  private func unfinishedCommit(_ batch: EventBatch, _ progress: SinkProgress) -> LSN? {
    guard progress.isInsideTransaction, let position = batch.lastPosition else { return nil }
    let whole = (progress.checkpoint ?? state.checkpoint)?.position
    return position.lsn >= (whole ?? LSN(rawValue: 1)) ? position.lsn : nil
  }
}

// MARK: - Transactions

extension KafkaWriter {
  private func begin() throws(SinkError) {
    guard transaction == nil else { return }
    try producer.begin()
    transaction = Transaction(since: .now)
  }

  /// Commits what was produced, together with what Kafka then has.
  ///
  /// - Parameter checkpoint: The new checkpoint; `nil` if the last one still holds.
  private func commit(_ checkpoint: Checkpoint?) throws(SinkError) {
    guard transaction != nil || checkpoint != nil else { return }
    try begin()
    let next = KafkaState(checkpoint: checkpoint ?? state.checkpoint, position: last)
    try producer.deliver()
    try produce(next, by: producer)
    try producer.commit()
    state = next
    transaction = nil
  }

  private func saveBeside(_ checkpoint: Checkpoint) throws(SinkError) {
    let next = KafkaState(checkpoint: checkpoint, position: state.position)
    try saver.begin()
    isSaving = true
    try produce(next, by: saver)
    try saver.commit()
    isSaving = false
    state = next
  }

  private func produce(_ state: KafkaState, by producer: KafkaProducer) throws(SinkError) {
    let value: [UInt8]
    do throws(ReplicationError) {
      value = try state.encoded()
    } catch {
      throw SinkError(engine: options.engineName, .fatal, "\(error)")
    }
    try producer.produce(
      key: Array(name.utf8), value: value, to: options.stateTopic,
      partition: StateTopic.partition)
  }
}

// MARK: - Time

extension KafkaWriter {
  /// The part of a transaction's time that is used.
  private static let usedTime = 0.8

  /// Ends a transaction that has been open too long, before the broker does that.
  private func limitTime() throws(SinkError) {
    guard let transaction,
      ContinuousClock.now - transaction.since > options.transactionTimeout * Self.usedTime
    else { return }
    guard !options.splitsLongTransactions else { return try commit(nil) }
    throw SinkError(
      engine: options.engineName, .needsOperator,
      "a transaction of the database takes longer than a transaction of Kafka may, "
        + "\(options.transactionTimeout); raise transactionTimeout (and the brokers' "
        + "transaction.max.timeout.ms), or set splitsLongTransactions")
  }

  /// A broker that has aborted a transaction because of its age says that the producer was fenced.
  private func withTime(_ error: SinkError) -> SinkError {
    guard let transaction,
      ContinuousClock.now - transaction.since > options.transactionTimeout
    else { return error }
    return SinkError(
      engine: error.engine, .transient,
      "a transaction has been open for longer than \(options.transactionTimeout), "
        + "transactionTimeout; then: \(error.reason)")
  }
}
