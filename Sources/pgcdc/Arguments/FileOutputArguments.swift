internal import ArgumentParser
internal import ChangeSinks
internal import PgcdcArguments

#if Compression
  internal import ChangeCompression
#endif

/// How files are compressed.
enum CompressionArgument: String, ExpressibleByArgument, CaseIterable {
  case gzip
}

/// Lines that go into files, each of them once.
struct FileOutputArguments: ParsableArguments {
  @Option(
    name: .customLong("output"),
    help: ArgumentHelp(
      "Write the lines into files with this name, each line once, whatever is killed.",
      discussion: """
        FILE.0000000001 and so on have the lines; a file ends between two transactions. FILE.state \
        says how far they are, and is the checkpoint: start the same command line again after any \
        end. Files that have ended can be moved away. FILE.lock keeps a second process away. Only \
        whole transactions are written; requires --format json or debezium.
        """, valueName: "file"))
  var path: String?

  @Option(
    name: .customLong("rotate-bytes"),
    help: ArgumentHelp(
      "With --output: begin another file once one has this number of bytes. (default: 1GiB)",
      valueName: "bytes"))
  var rotateBytes: ByteCountArgument?

  @Option(
    name: .customLong("rotate-after"),
    help: ArgumentHelp(
      "With --output: begin another file this long after the first line of one.",
      discussion: "It is looked at when something is written.", valueName: "time"))
  var rotateAfter: DurationArgument?

  @Option(
    name: .customLong("compress"),
    help: ArgumentHelp(
      "With --output: compress the files, whose names end in .gz then.",
      discussion: """
        Each batch of lines is compressed by itself: a stream of few changes becomes hardly \
        smaller. --rotate-bytes counts what is in the file. A program that was built without the \
        trait Compression refuses it.
        """, valueName: "format"))
  var compression: CompressionArgument?

  /// Whether lines go into files.
  var isWanted: Bool { path != nil }

  /// Refuses options that can't be used together.
  func check(_ command: StreamCommand) throws {
    guard let path else {
      if rotateBytes != nil { throw ValidationError("--rotate-bytes requires --output") }
      if rotateAfter != nil { throw ValidationError("--rotate-after requires --output") }
      if compression != nil { throw ValidationError("--compress requires --output") }
      return
    }
    guard !path.isEmpty, !path.hasSuffix("/") else {
      throw ValidationError("--output needs the name of a file, and not only a directory")
    }
    try FileArgument.check(path)
    if let rotateBytes, rotateBytes.bytes < 1 {
      throw ValidationError("--rotate-bytes must be at least 1")
    }
    if compression != nil, compressor == nil {
      throw ValidationError(
        "--compress: this program was built without the trait Compression; build it with "
          + "swift build -c release --product pgcdc --traits Compression")
    }
    guard command.format == .json || command.format == .debezium else {
      throw ValidationError("--output requires --format json or debezium")
    }
    if let option = Self.excluded(command) {
      throw ValidationError("--output and \(option) exclude each other")
    }
    if command.arguments.startLSN != nil {
      throw ValidationError("--output and --start-lsn exclude each other; FILE.state says where")
    }
    if command.transactions.checkpoint != nil {
      throw ValidationError(
        "--output and --checkpoint exclude each other; FILE.state has the checkpoint")
    }
  }

  private static func excluded(_ command: StreamCommand) -> String? {
    if command.noAck { return "--no-ack" }
    if command.maxTransactions != nil { return "--max-transactions" }
    if command.transactions.provisional { return "--provisional" }
    if command.arguments.temporary { return "--temporary" }
    if command.snapshot.keepSlot { return "--keep-slot" }
    return command.snapshot.resnapshotList.isEmpty ? nil : "--resnapshot"
  }

  /// What compresses the files; `nil` if nothing does, or nothing can.
  var compressor: (any SegmentCompressor)? {
    #if Compression
      if compression == .gzip { return GzipCompressor() }
    #endif
    return nil
  }

  /// Where the lines go; `nil` if not into files.
  var options: FileSinkOptions? {
    guard let path else { return nil }
    var options = FileSinkOptions(path: path)
    if let rotateBytes { options.maxSegmentBytes = rotateBytes.bytes }
    options.maxSegmentAge = rotateAfter?.duration
    return options
  }
}
