internal import ArgumentParser
internal import PgcdcArguments

/// What the tables hold, before what is done to them or beside it.
struct SnapshotArguments: ParsableArguments {
  @Option(
    name: .customLong("snapshot"),
    help: ArgumentHelp(
      "Also write the rows that the tables hold: initial or incremental.",
      discussion: """
        initial: all rows first, as of one moment, then the changes from there. It creates the \
        slot, which must not exist yet. For tables that can be read in one go: the slot keeps the \
        log until all is read, and an unfinished snapshot begins again, under a new slot. \
        incremental: the tables are read in short pieces while the changes are streamed, also \
        tables that join the publication later. A restart continues where it was. It creates the \
        slot if it does not exist. With both, the same command is started again after any end.
        """, valueName: "kind"))
  var kind: SnapshotKind?

  @OptionGroup private var reading: SnapshotReadArguments
  @OptionGroup private var chunk: SnapshotChunkArgument

  func validate() throws {
    let asked = try plan()
    _ = try ValidationError.checking { try asked.snapshot() }
  }

  /// What is to be read.
  func plan() throws -> SnapshotPlan {
    var plan = SnapshotPlan(kind: kind)
    plan.workers = reading.workers
    plan.chunkBytes = chunk.size?.bytes
    plan.tables = try reading.tables()
    return plan
  }
}
