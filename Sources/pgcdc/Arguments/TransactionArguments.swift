internal import ArgumentParser
internal import PGWire
internal import PgcdcArguments
internal import ReplicationCore

/// How transactions are assembled, and where the progress is kept.
struct TransactionArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Keep in this file how far everything was written, and resume exactly there.",
      discussion: """
        A broken connection is opened again. If it cannot resume without a loss (the slot was \
        recreated, another cluster), that is an error. After a crash at most 256 whole \
        transactions are printed again, and the one that it was printing; the endLSN of their \
        commit lines says which. A connection that breaks inside a transaction \
        leaves lines without a commit line: a line of kind "withdrawn" says that they don't count.
        """, valueName: "file"))
  var checkpoint: String?

  @Flag(
    name: .customLong("whole-transactions"),
    help: ArgumentHelp(
      "Print a transaction only once all of it has arrived.",
      discussion: """
        --format debezium with --checkpoint always does so, since nothing in Debezium's events \
        could say that they don't count. What does not fit into a sixty-fourth of --byte-budget \
        waits in a file in --spill-directory. Otherwise lines are printed as they arrive.
        """))
  var wholeTransactions = false

  @Flag(
    name: .customLong("accept-upgraded"),
    help: ArgumentHelp(
      "With --checkpoint or --output: continue on a server that was upgraded by pg_upgrade since.",
      discussion: """
        It has to have the slot, for the same plugin and database, beyond the checkpoint's \
        position, in a later version (from 17 on). pg_upgrade keeps slots only if everything in \
        them was delivered. From then on the checkpoint is one of the new server.
        """))
  var acceptUpgraded = false

  @Flag(
    help: """
      With --streaming: print blocks as they arrive, including changes that are rolled back later.
      """)
  var provisional = false

  @Option(
    name: .customLong("spill-directory"),
    help: "Where large transactions wait for their commit, with --streaming.")
  var spillDirectory = "/tmp"

  /// Refuses options that can't be used together.
  ///
  /// - Parameter hasState: Whether the checkpoint is kept with the lines that are written.
  func validate(
    format: OutputFormat, _ stream: StreamArguments, acknowledges: Bool, hasState: Bool
  ) throws {
    if provisional, wholeTransactions {
      throw ValidationError("--provisional and --whole-transactions exclude each other")
    }
    if wholeTransactions, format == .raw || format == .events {
      throw ValidationError("--whole-transactions requires --format json or debezium")
    }
    if provisional, stream.streaming == .off {
      throw ValidationError("--provisional requires --streaming on or parallel")
    }
    guard checkpoint != nil else {
      if acceptUpgraded, !hasState {
        throw ValidationError("--accept-upgraded requires --checkpoint or --output")
      }
      return
    }
    if checkpoint == "" { throw ValidationError("--checkpoint needs the name of a file") }
    if let checkpoint { try FileArgument.check(checkpoint) }
    if !acknowledges { throw ValidationError("--checkpoint and --no-ack exclude each other") }
    if provisional { throw ValidationError("--checkpoint and --provisional exclude each other") }
    if stream.temporary {
      throw ValidationError("--checkpoint: a temporary slot can't be resumed")
    }
    if stream.startLSN != nil {
      throw ValidationError("--checkpoint and --start-lsn exclude each other")
    }
    if format == .raw || format == .events {
      throw ValidationError("--checkpoint requires --format json or debezium")
    }
  }

  /// Whether transactions are taken from a subscription, and not what arrives as it arrives.
  func takesTransactions(_ format: OutputFormat) -> Bool {
    (format == .json || format == .debezium) && !provisional
  }

  /// Where it is kept how far everything was written.
  var store: FileCheckpointStore? { checkpoint.map { FileCheckpointStore(path: $0) } }

  /// A subscription that begins where the checkpoint says, or else at `lsn` or the slot.
  func subscription(
    _ client: Client, from lsn: LSN?, format: OutputFormat, acknowledges: Bool,
    isWhole: Bool = false, snapshot: SubscriptionSnapshot = .none
  ) throws -> Subscription {
    var options = SubscriptionOptions()
    options.snapshot = snapshot
    options.spillDirectory = spillDirectory
    options.startLSN = lsn
    options.leavesSlot = !acknowledges
    options.unsavedTransactions -= DurableOutput.mostWaiting
    // Debezium's events have nothing that could say that they don't count.
    options.keepsTransactionsWhole =
      wholeTransactions || (format == .debezium || isWhole) && checkpoint != nil
    if checkpoint == nil { options.reconnect = .never }
    accept(&options)
    return try Subscription(client, checkpoints: store, options: options)
  }

  /// Options of subscriptions whose checkpoint is kept with the lines that are written.
  var sinkOptions: SubscriptionOptions {
    var options = SubscriptionOptions()
    options.spillDirectory = spillDirectory
    accept(&options)
    return options
  }

  private func accept(_ options: inout SubscriptionOptions) {
    guard acceptUpgraded else { return }
    options.acceptsLoss = { proof in if case .upgraded = proof { true } else { false } }
  }
}
