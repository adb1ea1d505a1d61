internal import ArgumentParser
internal import PGWire
internal import ReplicationCore

/// How transactions are put together, and where it is kept how far they were written.
struct TransactionArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Keep in this file how far everything was written, and go on exactly there.",
      discussion: """
        A broken connection is opened again. What can't be gone on with without a loss (a slot \
        that was made anew, another cluster) is an error. After the program was killed a \
        transaction may be printed again; its commit line's endLSN tells.
        """, valueName: "file"))
  var checkpoint: String?

  @Flag(
    help: "With --streaming: print blocks as they arrive, which may yet be rolled back, and all.")
  var provisional = false

  @Option(
    name: .customLong("spill-directory"),
    help: "Where large transactions wait for their commit, with --streaming.")
  var spillDirectory = "/tmp"

  func validate(format: OutputFormat, _ stream: StreamArguments, acknowledges: Bool) throws {
    if provisional, stream.streaming == .off {
      throw ValidationError("--provisional goes with --streaming on or parallel")
    }
    guard checkpoint != nil else { return }
    if checkpoint == "" { throw ValidationError("--checkpoint needs the name of a file") }
    if let checkpoint { try FileArgument.check(checkpoint) }
    if !acknowledges { throw ValidationError("--checkpoint and --no-ack exclude each other") }
    if provisional { throw ValidationError("--checkpoint and --provisional exclude each other") }
    if stream.temporary {
      throw ValidationError("--checkpoint: a temporary slot can't be gone back to")
    }
    if stream.startLSN != nil {
      throw ValidationError("--checkpoint and --start-lsn exclude each other")
    }
    if format == .raw || format == .events {
      throw ValidationError("--checkpoint goes with --format json or debezium")
    }
  }

  /// Whether whole transactions are to be delivered, however the server sends them.
  func puttingTogether(_ format: OutputFormat, _ stream: StreamArguments) -> Bool {
    guard format == .json || format == .debezium else { return false }
    return checkpoint != nil || stream.streaming != .off && !provisional
  }

  /// A subscription that begins where the checkpoint says, or else at `lsn` or the slot.
  func subscription(
    _ client: Client, from lsn: LSN?, acknowledges: Bool
  ) throws -> Subscription {
    var options = SubscriptionOptions()
    options.spillDirectory = spillDirectory
    options.startLSN = lsn
    options.leavesSlot = !acknowledges
    if checkpoint == nil { options.reconnect = .never }
    let store = checkpoint.map { FileCheckpointStore(path: $0) }
    return try Subscription(client, checkpoints: store, options: options)
  }
}
