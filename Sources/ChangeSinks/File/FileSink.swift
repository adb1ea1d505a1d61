public import ChangeFormats
internal import PGWire
public import ReplicationCore

/// A sink that writes a format's lines into files: each of them once, whatever is killed.
///
///     let options = FileSinkOptions(path: "/var/lib/changes/orders.jsonl")
///     let sink = FileSink(options, format: JSONLineFormat())
///     try await Connector(params, into: sink).run()
///
/// `orders.jsonl.0000000001` and so on have the lines; a file ends between two transactions once it
/// is large or old enough (``FileSinkOptions``). They are synced to the disk before
/// `orders.jsonl.state` records how far they count, with the checkpoint that stands for them. What
/// a process that was killed has written behind that is cut off when the files are opened again.
///
/// A range of a snapshot that broke off leaves lines that don't count, as the format says; with an
/// initial snapshot that was not finished these are all of its lines.
///
/// With a compressor each batch becomes a piece of a file that can be read by itself, and names
/// have its extension: `orders.jsonl.0000000001.gz`. The files of one path all have the same.
///
/// Files that have ended can be moved away at any time; the last one can't: a file that is missing,
/// or shorter than recorded, is an error, since lines are lost. Only the owner can read and write
/// the files (0600). A second process with the same path is refused.
public final class FileSink<Format: ChangeFormat>: ChangeSink {
  /// Where it writes.
  public let options: FileSinkOptions
  private let describesTables: Bool
  private let compressor: (any SegmentCompressor)?
  private let makeFormat: @Sendable () -> Format
  private let log = Lock<SegmentLog?>(nil)

  /// A sink; nothing is opened yet.
  ///
  /// - Parameters:
  ///   - describesTables: Whether the catalog is asked about each table, which Debezium's events
  ///     and rules for columns depend on.
  ///   - compressor: Compresses what is written; `nil` leaves the lines as they are.
  ///   - format: Makes a new format each time that the sink is opened.
  public init(
    _ options: FileSinkOptions, describesTables: Bool = false,
    compressor: (any SegmentCompressor)? = nil,
    format: @escaping @Sendable @autoclosure () -> Format
  ) {
    var options = options
    options.suffix = compressor.map { "." + $0.fileExtension } ?? ""
    self.options = options
    self.describesTables = describesTables
    self.compressor = compressor
    makeFormat = format
  }

  /// Locks the files, and cuts off what does not count.
  ///
  /// - Throws: ``SinkError``, which is transient while another process has the files, and fatal if
  ///   they are of another slot, lines are lost, or the state is missing or damaged.
  public func open(slot: String) async throws -> SinkState {
    let compressor = compressor
    return try await onOwnThread { (log, options) throws(SinkError) -> SinkState in
      // An earlier opening has the lock.
      log = nil
      let opened = try SegmentLog.open(options, compressor, slot: slot)
      log = opened
      return SinkState(checkpoint: opened.state.checkpoint)
    }
  }

  public func makeEncoder(
    for subscription: Subscription, after state: SinkState
  ) async throws -> EventEncoder<Format> {
    EventEncoder(
      makeFormat(), of: subscription, after: state, describesTables: describesTables)
  }

  public func makeBatch() -> EventBatch { EventBatch(keepsRecords: false) }

  public func write(_ batch: EventBatch, _ progress: SinkProgress) async throws {
    try await onOwnThread { (log, options) throws(SinkError) -> Void in
      try options.opened(log).append(batch, progress.checkpoint)
    }
  }

  public func save(_ checkpoint: Checkpoint) async throws {
    try await onOwnThread { (log, options) throws(SinkError) -> Void in
      try options.opened(log).record(checkpoint)
    }
  }

  public func close() async {
    // Closing fails only if there is no thread for it; the next opening does it then.
    _ = try? await onOwnThread { (log, options) throws(SinkError) -> Void in log = nil }
  }

  /// Does what waits for the disk.
  private func onOwnThread<R: Sendable>(
    _ body: @escaping @Sendable (inout SegmentLog?, FileSinkOptions) throws(SinkError) -> R
  ) async throws(SinkError) -> R {
    let options = options
    return try await OwnThread.run(failure: { options.error(.transient, "\($0)") }) {
      [self] () throws(SinkError) -> R in
      try log.withLock { (log) throws(SinkError) -> R in try body(&log, options) }
    }
  }
}
