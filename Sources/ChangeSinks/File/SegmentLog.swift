internal import CDCTime
internal import PGWire
internal import ReplicationCore

/// The files of a ``FileSink`` that is open.
///
/// All of its calls block. Lines go into the last file. What is recorded is where the last item
/// ends: a transaction, or a range of a snapshot. The beginning of another one may follow there,
/// which the next opening cuts off. What is
/// compressed is in pieces, none of which has lines of both. At most one file is behind the
/// recorded one, until that is recorded too.
final class SegmentLog {
  private let options: FileSinkOptions
  private let compressor: (any SegmentCompressor)?
  /// Keeps other processes away as long as it is open.
  private let lock: FileDescriptor
  /// What is recorded on the disk.
  private(set) var state: FileSinkState
  /// The last file.
  private var file: FileDescriptor
  private var segment: UInt64
  /// Its bytes.
  private var length: Int
  /// Its bytes up to the end of the last item.
  private var end: Int
  private var begun: PostgresTimestamp
  /// Whether all bytes are on the disk.
  private var isSynced = true

  /// - Parameters:
  ///   - lock: The lock.
  ///   - file: The last file, as long as `state` says.
  init(
    _ options: FileSinkOptions, _ compressor: (any SegmentCompressor)?,
    _ lock: consuming FileDescriptor, _ state: FileSinkState, _ file: consuming FileDescriptor
  ) {
    self.options = options
    self.compressor = compressor
    self.lock = lock
    self.state = state
    self.file = file
    segment = state.segment
    length = state.length
    end = state.length
    begun = state.begun
  }

  /// Appends a batch; with a checkpoint it is on the disk when this returns.
  func append(_ batch: EventBatch, _ checkpoint: Checkpoint?) throws(SinkError) {
    if length == end, isDue {
      try beginSegment()
      try record(state.checkpoint)
    }
    let complete = batch.completeByteCount
    try batch.withBytes { (bytes) throws(SinkError) in
      try append(bytes, complete, checkpoint)
    }
  }

  /// - Parameter complete: How many of the bytes belong to items that have ended.
  private func append(
    _ bytes: Span<UInt8>, _ complete: Int?, _ checkpoint: Checkpoint?
  ) throws(SinkError) {
    guard let complete else { return try write(bytes) }
    try write(bytes.extracting(first: complete))
    end = length
    // The file must not change before what is in it is recorded.
    if checkpoint != nil, isDue { try beginSegment() }
    try write(bytes.extracting(droppingFirst: complete))
    if let checkpoint { try record(checkpoint) }
  }

  /// Records a checkpoint that stands for everything up to the last item's end.
  func record(_ checkpoint: Checkpoint?) throws(SinkError) {
    var next = state
    next.segment = segment
    next.length = end
    next.begun = begun
    next.checkpoint = checkpoint
    guard next != state else { return }
    try synchronize()
    try options.record(next)
    state = next
  }

  /// Whether the file has had its share.
  private var isDue: Bool {
    guard length > 0 else { return false }
    if length >= options.maxSegmentBytes { return true }
    guard let age = options.maxSegmentAge else { return false }
    let now = PostgresTimestamp.now().microseconds.subtractingSaturating(begun.microseconds)
    return Duration.microseconds(now) >= age
  }

  /// Begins another file, which is recorded afterwards.
  private func beginSegment() throws(SinkError) {
    try synchronize()
    file = try options.createSegment(segment + 1)
    segment += 1
    length = 0
    end = 0
  }

  /// Writes lines, compressed if that is wanted.
  private func write(_ lines: Span<UInt8>) throws(SinkError) {
    guard lines.count > 0 else { return }
    guard let compressor else { return try put(lines) }
    let piece = try compressor.compress(lines)
    try put(piece.span)
  }

  private func put(_ bytes: Span<UInt8>) throws(SinkError) {
    if length == 0 { begun = .now() }
    isSynced = false
    let path = options.segment(segment)
    do throws(PlainFile.Failure) {
      try PlainFile.write(bytes, to: file, at: length, of: path)
    } catch {
      throw options.error(error)
    }
    length += bytes.count
  }

  private func synchronize() throws(SinkError) {
    guard !isSynced else { return }
    do throws(PlainFile.Failure) {
      try PlainFile.synchronize(file, at: options.segment(segment))
    } catch {
      throw options.error(error)
    }
    isSynced = true
  }
}
