internal import Logging
public import PGOutput
internal import PGWire

/// The committed transactions of a slot, in order, indefinitely.
///
/// It puts transactions together that are streamed in blocks, opens the stream again when it
/// breaks, continues exactly where the checkpoint says, and lets the slot follow what is
/// acknowledged.
///
///     let subscription = try Subscription(params, checkpoints: store)
///     for try await transaction in subscription.transactions {
///       for try await change in transaction.changes { … }
///       transaction.acknowledge()
///     }
///     try await subscription.close()
///
/// Given all hosts of a cluster, and `target_session_attrs=primary`, it continues at a standby that
/// was promoted, if that has a copy of the slot (made for failover, since server 17) and all that
/// the consumer has: both are proved first, and else it ends with
/// ``ReplicationError/cannotResume(_:slot:)``. Each of several hosts has 10 seconds to take a
/// connection, unless `connect_timeout` says something else.
///
/// A slot that doesn't exist is made if ``ReplicationParams/createsSlot`` says so and no checkpoint
/// says that there was one.
///
/// It can be consumed in several ways, of which a program takes one:
/// <doc:TransactionsAndAcknowledgement#Which-way-to-take-when>
/// says which to take when.
public final class Subscription: Sendable {
  /// What was asked for.
  public let params: ReplicationParams
  let context: SubscriptionContext
  /// Where whole transactions are taken from.
  let source: TransactionSource
  /// Where items are taken from instead.
  let itemSource: ItemSource
  /// Where provisional steps are taken from instead.
  let provisionalSource: ProvisionalSource
  /// Where they are taken from before the stream begins.
  let initialSource: InitialSource
  private let saver: Task<Void, Never>

  /// How long each of several hosts may take, unless `connect_timeout` says something else.
  private static let hostTimeout = Duration.seconds(10)

  /// Checks the parameters; nothing is opened before the first transaction is asked for.
  ///
  /// - Parameters:
  ///   - params: What to replicate. Whether it delivers keepalives or decodes transactions has no
  ///     meaning here.
  ///   - checkpoints: Where to keep how far everything is done; without it the slot alone knows,
  ///     and a slot that was recreated or moved on while nobody looked goes unnoticed.
  ///   - options: The rest.
  /// - Throws: ``ReplicationError/invalidParameter(_:)``.
  public convenience init(
    _ params: ReplicationParams, checkpoints: (any CheckpointStore)? = nil,
    options: SubscriptionOptions = SubscriptionOptions()
  ) throws(ReplicationError) {
    try self.init(try Client(params), checkpoints: checkpoints, options: options)
  }

  /// The same for a client that there is, with the temporary slot that it may hold.
  package convenience init(
    _ client: Client, checkpoints: (any CheckpointStore)?, options: SubscriptionOptions
  ) throws(ReplicationError) {
    try self.init(client, checkpoints: checkpoints, options: options, makeReaders: nil)
  }

  /// - Parameters:
  ///   - rules: The rules of incremental snapshots.
  ///   - makeReaders: Makes those who read ranges of tables; connections to the server if `nil`.
  init(
    _ client: Client, checkpoints: (any CheckpointStore)?, options: SubscriptionOptions,
    rules: IncrementalRules = IncrementalRules(), makeReaders: (@Sendable () -> any RangeReading)?
  ) throws(ReplicationError) {
    params = client.params
    try options.snapshot.check(params, options, hasStore: checkpoints != nil)
    guard params.plugin == "pgoutput" else {
      throw .invalidParameter("a subscription needs pgoutput, not \(params.plugin)")
    }
    let inner = try client.with { params in
      params.advancesWhenIdle = false
      // A frozen host takes connections and never answers; another one may be alive.
      if params.connection.hosts.count > 1, params.connection.connectTimeout == nil {
        params.connection.connectTimeout = Self.hostTimeout
      }
    }
    context = SubscriptionContext(
      inner, checkpoints, options, advancesWhenIdle: params.advancesWhenIdle ?? true,
      rules: rules,
      makeReaders: makeReaders ?? SubscriptionContext.readers(of: inner, options))
    source = TransactionSource(context)
    itemSource = ItemSource(context)
    initialSource = InitialSource(context)
    provisionalSource = ProvisionalSource(context)
    saver = Task { [acknowledgements = context.acknowledgements] in await acknowledgements.run() }
  }

  /// The transactions of a stream that is open, to its end or until the server asks for an answer,
  /// over that connection alone.
  ///
  /// Nothing is acknowledged or looked up. The server may repeat a recording: its positions may go
  /// back, and what it repeats is delivered again.
  package init(recording stream: Duplex, of client: Client) {
    params = client.params
    var options = SubscriptionOptions()
    options.leavesSlot = true
    options.learnsTypes = false
    options.reconnect = .never
    context = SubscriptionContext(
      client, nil, options, isRecording: true,
      makeReaders: SubscriptionContext.readers(of: client, options))
    source = TransactionSource(context, over: stream)
    itemSource = ItemSource(context)
    initialSource = InitialSource(context)
    provisionalSource = ProvisionalSource(context)
    saver = Task { [acknowledgements = context.acknowledgements] in await acknowledgements.run() }
  }

  deinit {
    context.acknowledgements.finish()
    Task { [requests = context.requests, initialSource] in
      await initialSource.finish()
      await requests.finish()
    }
  }

  /// The transactions, in the order in which they have committed.
  ///
  /// For one consumer; a second sequence continues where the first has stopped. What is left of a
  /// transaction is passed over when the next one is asked for. They end after ``stop()``, or when
  /// ``ReplicationParams/stopAt`` is reached.
  ///
  /// <doc:TransactionsAndAcknowledgement#Which-way-to-take-when>
  /// compares the ways.
  public var transactions: ReplicationTransactions {
    ReplicationTransactions(
      ready: { () throws(ReplicationError) -> ReplicationTransaction? in
        try self.source.readyTransaction()
      },
      next: { () async throws(ReplicationError) -> ReplicationTransaction? in
        try await self.source.nextTransaction()
      })
  }

  /// Asks for those types of a relation's columns that a catalogue doesn't know yet.
  ///
  /// As ``Duplex/learnTypes(of:into:asksAgain:)``; ``SubscriptionOptions/learnsTypes`` does it for
  /// the rows.
  ///
  /// - Parameters:
  ///   - relation: The table whose columns have the types.
  ///   - catalog: Where the definitions are added.
  /// - Returns: Whether the catalog has learnt anything.
  /// - Throws: ``ReplicationError/closed`` while no stream is open.
  @discardableResult
  public func learnTypes(
    of relation: Relation, into catalog: inout TypeCatalog
  ) async throws(ReplicationError) -> Bool {
    guard let stream = context.control.stream else { throw .closed }
    return try await stream.learnTypes(of: relation, into: &catalog)
  }

  /// As `Duplex.lookUpTypes`.
  package func lookUpTypes(
    of relation: Relation, into catalog: inout TypeCatalog, from xid: UInt32?
  ) async throws(ReplicationError) -> TypeLookupResult {
    guard let stream = context.control.stream else { throw .closed }
    return try await stream.lookUpTypes(of: relation, into: &catalog, from: xid)
  }

  /// The server's major version; `nil` while no stream is open.
  package var serverMajorVersion: Int? { context.control.stream?.serverMajorVersion }

  /// What the database's catalogue says of these types, as ``Duplex/describeTypes(_:)``.
  ///
  /// - Parameter oids: Types, `Relation.Column.typeOID` for example.
  /// - Throws: ``ReplicationError/closed`` while no stream is open.
  public func describeTypes(
    _ oids: [UInt32]
  ) async throws(ReplicationError) -> [TypeCatalog.Entry] {
    guard let stream = context.control.stream else { throw .closed }
    return try await stream.describeTypes(oids)
  }

  /// Takes no further transaction: a task that waits for one gets `nil`, and one that is in the
  /// middle of a transaction may take the rest of it.
  public func stop() {
    context.control.stop()
  }

  /// Ends it cleanly: what is acknowledged by now is saved and reported, then CopyDone.
  ///
  /// What is acknowledged later is forgotten, and delivered again to the next subscription.
  ///
  /// - Parameter limit: Also wait, at most so long, until the server shows the slot there.
  /// - Returns: Whether the slot is there; true without a limit.
  /// - Throws: ``ReplicationError/checkpointStore(_:)``, or if the server can't be asked.
  @discardableResult
  public func close(confirmedWithin limit: Duration? = nil) async throws(ReplicationError) -> Bool {
    stop()
    await initialSource.finish()
    await context.requests.finish()
    context.acknowledgements.finish()
    await saver.value
    await context.control.stream?.close()
    if let failure = context.acknowledgements.failure { throw failure }
    guard let limit else { return true }
    return try await confirm(by: ContinuousClock.now + limit)
  }

  /// Waits until the slot is where everything is saved up to.
  ///
  /// A report may be lost with its connection; then the slot is advanced, once nobody holds it.
  private func confirm(by deadline: ContinuousClock.Instant) async throws(ReplicationError) -> Bool
  {
    let position = context.acknowledgements.position
    while true {
      guard let slot = try await context.client.slot(), !slot.isTemporary else { return false }
      if slot.confirmedFlushLSN ?? .zero >= position { return true }
      if !slot.isActive {
        do throws(ReplicationError) {
          try await context.client.advanceSlot(to: position)
        } catch {
          guard error.isSlotActive else { throw error }
        }
      }
      guard ContinuousClock.now < deadline else { return false }
      do { try await Task.sleep(for: .milliseconds(50)) } catch { throw .cancelled }
    }
  }
}

/// The transactions of a subscription.
public typealias ReplicationTransactions = DeliverySequence<ReplicationTransaction>
