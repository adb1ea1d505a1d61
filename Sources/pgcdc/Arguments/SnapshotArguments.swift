internal import ArgumentParser
internal import ReplicationCore

/// What the tables hold, before what is done to them.
struct SnapshotArguments: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "First print the rows that the tables hold, then the changes from that point.",
      discussion: """
        The slot is created for it, and must not exist yet. If the snapshot can't be read to the \
        end, the slot is dropped. With --checkpoint the same command can be started again after \
        any end: an unfinished snapshot is repeated, whole, under a new slot (its lines have a \
        higher lsn; those of the unfinished one don't count), and after a finished one the stream \
        continues. Without --checkpoint the slot is created when the snapshot has been read, so \
        that a crash before leaves none; until then a temporary slot keeps its place. With \
        --two-phase or --keep-slot it exists from the start, and one that is left after a crash \
        has to be dropped by hand.
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
