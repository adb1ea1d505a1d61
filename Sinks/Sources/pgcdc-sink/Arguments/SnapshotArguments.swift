internal import ArgumentParser
internal import ReplicationCore

/// How the rows are read that the tables hold already.
enum SnapshotKind: String, ExpressibleByArgument, CaseIterable {
  case none
  case initial
  case incremental
}

/// What the tables hold, before what is done to them or beside it.
struct SnapshotArguments: ParsableArguments {
  @Option(
    name: .customLong("snapshot"),
    help: ArgumentHelp(
      "Also write the rows that the tables hold: none, initial or incremental.",
      discussion: """
        initial: all rows first, as of one moment, then the changes from there. It creates the \
        slot, which must not exist yet. For tables that can be read in one go: the slot keeps the \
        log until all is read, and an unfinished snapshot begins again, under a new slot. \
        incremental: the tables are read in short pieces while the changes are streamed, also \
        tables that join the publication later. A restart continues where it was. It creates the \
        slot if it does not exist. With both, the same command is started again after any end.
        """, valueName: "kind"))
  var kind = SnapshotKind.none

  @Option(
    name: .customLong("snapshot-workers"),
    help: "Connections that read at the same time. (default: 2)")
  var workers: Int?

  @Option(
    name: .customLong("snapshot-tables"),
    help: ArgumentHelp(
      "With --snapshot incremental: the tables to read, with commas between; all if not given.",
      discussion: """
        As name or schema.name. One that contains a comma or a quote goes in double quotes, the \
        whole of it, with quotes inside doubled.
        """, valueName: "tables"))
  var tableList: String?

  @Option(
    name: .customLong("snapshot-chunk-size"),
    help: ArgumentHelp(
      "With --snapshot incremental: approximate size of one piece of a table. (default: 16MiB)",
      valueName: "bytes"))
  var chunkSize: ByteCountArgument?

  func validate() throws {
    let asked = try plan()
    _ = try ValidationError.checking { try asked.snapshot() }
  }

  /// What is to be read.
  func plan() throws -> SnapshotPlan {
    var plan = SnapshotPlan(kind: kind)
    plan.workers = workers
    plan.chunkBytes = chunkSize?.bytes
    plan.tables = try tableList.map { try NameArgument.split([$0], "--snapshot-tables") }
    return plan
  }
}
