internal import ArgumentParser
internal import ReplicationCore

/// What the tables hold, before what is done to them.
struct SnapshotArguments: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "First print the rows that the tables hold, then the changes from that point.",
      discussion: """
        The slot is made for it, and must not exist yet. If it can't be done to the end, the slot \
        is dropped again; after a crash or SIGKILL it is still there, to be dropped by hand.
        """))
  var snapshot = false

  @Option(name: .customLong("snapshot-workers"), help: "Connections that read at the same time.")
  var workers = 2

  @Flag(
    name: .customLong("keep-slot"),
    help: "With --snapshot: let the slot stay even if the snapshot fails or is interrupted.")
  var keepSlot = false

  func check(startsElsewhere: Bool, format: OutputFormat) throws {
    guard (1...64).contains(workers) else { throw ValidationError("--snapshot-workers is 1 to 64") }
    guard snapshot else {
      if keepSlot { throw ValidationError("--keep-slot goes with --snapshot") }
      return
    }
    if startsElsewhere {
      throw ValidationError("--snapshot decides where the changes begin; leave --start-lsn out")
    }
    if format != .json { throw ValidationError("--snapshot goes with --format json alone") }
  }

  var options: SnapshotOptions {
    var options = SnapshotOptions()
    options.workers = workers
    return options
  }
}
