internal import ArgumentParser
internal import ChangeFormats
internal import PGOutput
internal import PGWire
internal import PgcdcArguments
internal import ReplicationCore

struct StreamCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stream",
    abstract: "Stream a slot's changes to standard output, and acknowledge what was written.")

  @OptionGroup var arguments: StreamArguments
  @OptionGroup var snapshot: SnapshotArguments

  @Option(
    help: ArgumentHelp(
      """
      json: one object a line; debezium: Debezium's change events; raw: the plugin's messages; \
      events: what arrives.
      """,
      discussion: """
        Debezium's events are those of its PostgreSQL connector 3.6 with its defaults, as the JSON \
        converter prints their values without schemas. Only committed transactions are printed; \
        --provisional and --two-phase can't be used with them. The documentation of ChangeFormats \
        (DebeziumEvents.md) says where they differ.
        """))
  var format = OutputFormat.json

  @OptionGroup var lines: LineArguments<Printing>
  @OptionGroup var filter: FilterArguments<Printing>
  @OptionGroup var debezium: DebeziumArguments
  @OptionGroup var transactions: TransactionArguments
  @OptionGroup var files: FileOutputArguments

  @Flag(name: .customLong("no-ack"), help: "Acknowledge nothing: the slot stays where it is.")
  var noAck = false

  @Option(name: .customLong("max-transactions"), help: "End after this number of transactions.")
  var maxTransactions: Int?

  @Flag(
    help: ArgumentHelp(
      "Show on standard error how the stream is doing: rate, lag, position, WAL kept by the slot.",
      discussion: """
        On a terminal it is one line that is written over every second, unless the changes are \
        printed to the same terminal: then, and in a file, it is a line every ten seconds. The \
        word in brackets is the step that holds the stream up: server, sent, received, delivered \
        (the consumer is slow), acknowledged, saved, reported or confirmed. Every five seconds the \
        server is asked over a second connection; if it can't be, the lag is that behind what was \
        received.
        """))
  var progress = false

  func validate() throws {
    if let maxTransactions, maxTransactions < 1 {
      throw ValidationError("--max-transactions must be at least 1")
    }
    // First: it explains more than the others do.
    try files.check(self)
    try snapshot.check(
      arguments, format: format, acknowledges: !noAck, provisional: transactions.provisional,
      hasCheckpoint: transactions.checkpoint != nil || files.isWanted)
    try lines.check(format: format.lines)
    try filter.check(format: format)
    if transactions.provisional, filter.plan.changesColumns {
      // What is provisional comes without the catalog's word on which columns are keys.
      throw ValidationError("rules for columns can't be combined with --provisional")
    }
    try debezium.validate(format: format, arguments, transactions)
    try transactions.validate(
      format: format, arguments, acknowledges: !noAck, hasState: files.isWanted)
  }

  func run() async throws {
    do {
      try await stream()
    } catch let error as ReplicationError {
      throw await explained(error)
    } catch let error as FormatError {
      throw error.explained
    }
  }

  private func stream() async throws {
    if let options = files.options {
      try await checkNames()
      return try await runIntoFiles(options)
    }
    ReaderWatch.start()
    try await checkNames()
    guard transactions.takesTransactions(format) else { return try await runEvents() }
    if snapshot.kind == .incremental { return try await runIncremental() }
    let (client, start) = try await begin()
    let subscription = try transactions.subscription(
      try await arguments.bounded(client), from: start ?? arguments.startLSN?.lsn,
      format: format, acknowledges: !noAck, isWhole: lines.hasCloudEvents)
    var output = SubscriptionOutputOptions()
    output.acknowledges = !noAck
    output.maxTransactions = maxTransactions
    _ = try await deliver(subscription, output)
  }

  /// Checks the names of tables that are to be hidden, before anything is printed.
  private func checkNames() async throws {
    let client = try arguments.client(adjust)
    // Another client streams, and the role may have just one connection.
    defer { client.closeControl() }
    try await filter.plan.checkNames(client)
  }

  /// Writes what a subscription delivers, and closes it.
  ///
  /// - Returns: How many transactions were written that count.
  func deliver(
    _ subscription: Subscription, _ options: SubscriptionOutputOptions
  ) async throws -> Int {
    let count: Int
    var options = options
    options.describesTables =
      filter.plan.changesColumns || format == .debezium && !debezium.noCatalog
    do {
      count = try await showingProgress(StreamWatch(subscription)) {
        switch format {
        case .debezium: try await write(subscription, as: debeziumFormat(), options)
        default: try await write(subscription, as: JSONLineFormat(options: lineOptions()), options)
        }
      }
    } catch {
      // What was written is acknowledged nevertheless; the first error is the one to report.
      _ = await Task { try await subscription.close() }.result
      throw error
    }
    _ = try await Task { try await subscription.close() }.value
    return count
  }

  private func write(
    _ subscription: Subscription, as format: some ChangeFormat,
    _ options: SubscriptionOutputOptions
  ) async throws -> Int {
    var output = SubscriptionOutput(subscription, format: format, options)
    try await output.run()
    return output.count
  }

  private func write(_ duplex: Duplex) async throws {
    var output = StreamOutput(
      duplex, format: try eventFormat(), acknowledges: !noAck, maxTransactions: maxTransactions)
    try await output.run()
  }

  /// Does something, and shows in the meantime how the stream is doing, if that is wanted.
  private func showingProgress<R>(
    _ watch: StreamWatch, _ body: () async throws -> R
  ) async throws -> R {
    guard progress else { return try await body() }
    let showing = Task { await watch.run() }
    let result: Result<R, any Error>
    do { result = .success(try await body()) } catch { result = .failure(error) }
    // Its line is gone before anything else is printed.
    showing.cancel()
    await showing.value
    return try result.get()
  }

  /// Writes events as they come.
  private func runEvents() async throws {
    let (client, start) = try await begin()
    let duplex = try await arguments.start(client, from: start ?? arguments.startLSN?.lsn)
    do {
      try await showingProgress(StreamWatch(duplex, of: client)) { try await write(duplex) }
    } catch {
      await closing(duplex)
      throw error
    }
    await closing(duplex)
    if duplex.end == .serverShutdown {
      throw RuntimeFailure("the server is shutting down; everything it had sent was written")
    }
  }
}

extension StreamCommand {
  private func eventFormat() throws -> any EventFormat {
    switch format {
    case .json: DecodedFormat(JSONLineFormat(options: try lineOptions()))
    case .debezium: DecodedFormat(try debeziumFormat())
    case .raw: RawFormat()
    case .events: EventsFormat()
    }
  }

  func debeziumFormat(
    _ snapshot: DebeziumFormat.Options.Snapshot = .incremental
  ) throws -> DebeziumFormat {
    let name = debezium.name ?? arguments.slot.slot
    var options = DebeziumFormat.Options(
      name: name, database: try arguments.connection.options().database,
      version: PGCDC.version)
    options.snapshot = snapshot
    options.printsTruncates = debezium.truncates
    options.providesTransactionMetadata = debezium.transactionMetadata
    options.maxLineBytes = lines.maxLineBytes
    options.filter = try filter.filter()
    options.cloudEvents = lines.cloudEvents(.debezium(name: name))
    return DebeziumFormat(options: options)
  }

  func lineOptions() throws -> JSONLineFormat.Options {
    var options = lines.options
    options.filter = try filter.filter()
    let path = [try arguments.connection.options().database, arguments.slot.slot]
      .map(CloudEvents.encoded)
    options.cloudEvents = lines.cloudEvents(
      CloudEvents(source: "/postgresql/" + path.joined(separator: "/")))
    return options
  }

  /// Writes the rows of a snapshot that is read before the stream.
  private func writeRows(of exported: ExportedSnapshot, _ client: Client) async throws {
    let described = filter.plan.changesColumns ? client : nil
    switch format {
    case .debezium:
      var output = SnapshotOutput(try debeziumFormat(.initial), describing: described)
      try await output.write(exported, snapshot.options)
    default:
      let format = JSONLineFormat(options: try lineOptions())
      var output = SnapshotOutput(format, describing: described)
      try await output.write(exported, snapshot.options)
    }
  }

  /// Writes the snapshot if one is wanted, and else makes sure of the slot, unless a checkpoint
  /// says what it has to be.
  ///
  /// - Returns: Where the stream begins, if the snapshot says.
  private func begin() async throws -> (Client, LSN?) {
    let client = try arguments.client(adjust)
    guard snapshot.kind == .initial else {
      if transactions.checkpoint == nil { try await client.ensureSlot() }
      return (client, nil)
    }
    // A key that can't be read is reported before anything is created.
    _ = try filter.filter()
    if let store = transactions.store {
      try await client.ensureSnapshot(
        recordedIn: store, keepsSlotOnFailure: snapshot.keepSlot,
        onWait: SlotOptionArguments.tellWaits()
      ) { exported in
        if exported.isRepeated {
          Console.say(
            "the snapshot is repeated from \(exported.consistentPoint): an earlier one was not "
              + "finished, and its lines don't count")
        }
        try await writeRows(of: exported, client)
      }
      return (client, nil)
    }
    let write = { (exported: ExportedSnapshot) in
      try await self.writeRows(of: exported, client)
      return exported.consistentPoint
    }
    let tell = SlotOptionArguments.tellWaits()
    // Later, nothing would show that the slot was left by an unfinished snapshot.
    let start =
      if snapshot.keepSlot || client.params.usesTemporarySlot || client.params.usesTwoPhase {
        try await client.withExportedSnapshot(
          keepsSlotOnFailure: snapshot.keepSlot, onWait: tell, write)
      } else {
        try await client.withSnapshotBeforeSlot(onWait: tell, write)
      }
    return (client, start)
  }

  func adjust(_ params: inout ReplicationParams) {
    params.advancesWhenIdle = !noAck
    params.deliversKeepAlives = format == .events
    params.decodesTransactions = format != .raw
  }
}
