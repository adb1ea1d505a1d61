internal import ArgumentParser
internal import PgcdcArguments
internal import ReplicationCore

/// What the tables hold, before what is done to them or beside it.
struct SnapshotArguments: ParsableArguments {
  @Option(
    name: .customLong("snapshot"),
    help: ArgumentHelp(
      "Also print the rows that the tables hold: initial or incremental.",
      discussion: """
        initial: all rows first, as of one moment, then the changes from there. For a new slot, \
        and for tables that can be read in one go: the slot keeps the log until all is read, and \
        an unfinished snapshot begins again. incremental: the tables are read in short pieces \
        while the changes are streamed. For large tables, for tables that join the publication \
        later, and for reading tables again; a restart continues where it was. Needs --checkpoint.

        initial creates the slot, which must not exist yet. If the snapshot can't be read to the \
        end, the slot is dropped. With --checkpoint the same command can be started again after \
        any end: an unfinished snapshot is repeated, whole, under a new slot (its lines have a \
        higher lsn; those of the unfinished one don't count), and after a finished one the stream \
        continues. Without --checkpoint the slot is created when the snapshot has been read, so \
        that a crash before leaves none; until then a temporary slot keeps its place. With \
        --two-phase or --keep-slot it exists from the start, and one that is left after a crash \
        has to be dropped by hand.

        incremental creates the slot if it does not exist, and reads every published table that is \
        not complete in the checkpoint. A line of kind "range" comes before the rows of each \
        piece: delete what you hold in it. With --until-now or --until-lsn the command ends when \
        the position is reached and every table is whole. Start it again with the same command \
        line after any end.
        """, valueName: "kind"))
  var kind: SnapshotKind?

  @OptionGroup var reading: SnapshotReadArguments

  @Option(
    name: .customLong("resnapshot"),
    help: ArgumentHelp(
      "With --snapshot incremental: read a table again; can be given more than once.",
      discussion: """
        The checkpoint remembers what was asked for, so that a restart with the same command line \
        does not read the table once more. To read it another time, give another --resnapshot-tag.
        """, valueName: "table"))
  var resnapshotList: [String] = []

  @Option(
    name: .customLong("resnapshot-tag"),
    help: "With --resnapshot: any text; if it differs from the last, the tables are read again.")
  var resnapshotTag: String?

  @OptionGroup var chunk: SnapshotChunkArgument

  @Flag(
    name: .customLong("keep-slot"),
    help: "With --snapshot initial: keep the slot even if the snapshot fails or is interrupted."
  )
  var keepSlot = false

  /// Options of an initial snapshot.
  var options: SnapshotOptions {
    var options = SnapshotOptions()
    if let workers = reading.workers { options.workers = workers }
    return options
  }

  /// Options of an incremental snapshot.
  func incrementalOptions() throws -> IncrementalSnapshotOptions {
    var options = IncrementalSnapshotOptions()
    if let workers = reading.workers { options.workers = workers }
    if let size = chunk.size { options.chunkBytes = size.bytes }
    options.tables = try reading.tables()
    return options
  }

  /// The tables to read again.
  func resnapshots() throws -> [String] {
    try NameArgument.split(resnapshotList, "--resnapshot")
  }
}
