internal import CReplicationSystem
internal import ChangeFormats
internal import PGWire
internal import ReplicationCore

/// Buffered writing to a descriptor that knows when its reader is gone.
struct FileWriter: ~Copyable {
  private let descriptor: Int32
  /// What is written to, unless it is standard output.
  private let file: FileDescriptor?
  private let path: String
  private let chunk: Int
  /// Forces standard output to the disk if it is a file.
  private let durable: DurableOutput?
  /// What has not been written yet; append to it, then call ``flushIfFull()`` or ``flush()``.
  var buffer = OutputBuffer(capacity: FileWriter.full)

  private static let full = 1 << 16

  /// A writer of lines to standard output.
  ///
  /// Where that is a file whose last line was cut, as by `kill -9`, it begins with a line break, so
  /// that the line that is cut is the only one that can't be read.
  static func standardOutput() -> FileWriter {
    var writer = FileWriter(writingTo: STDOUT_FILENO)
    let last = pgrepl_last_byte(STDOUT_FILENO)
    if last >= 0, last != UInt8(ascii: "\n") { writer.buffer.append(UInt8(ascii: "\n")) }
    return writer
  }

  /// A writer to a descriptor that stays its owner's.
  init(writingTo descriptor: Int32) {
    self.init(descriptor, nil, "the output")
  }

  /// A file that its owner alone may read; what one of that name holds is lost.
  ///
  /// Pipes, devices and symbolic links are refused.
  static func create(_ path: String) throws(FileError) -> FileWriter {
    do throws(PlainFile.Failure) {
      let file = try PlainFile.overwrite(path)
      return FileWriter(file.raw, file, path)
    } catch {
      throw FileError(doing: "cannot write \(path)", reason: error.explanation)
    }
  }

  private init(_ descriptor: Int32, _ file: consuming FileDescriptor?, _ path: String) {
    let isFile = FileStatus(descriptor: descriptor)?.kind == .regular
    // A writable descriptor other than a file takes at least PIPE_BUF bytes without blocking.
    chunk = isFile ? Int.max : Int(PIPE_BUF)
    durable = isFile && file == nil ? DurableOutput(descriptor) : nil
    self.descriptor = descriptor
    self.file = file
    self.path = path
  }

  /// Does something once all that was flushed is on the disk: at once, unless this is a file.
  func whenDurable(_ action: @escaping @Sendable () -> Void) throws(FileError) {
    guard let durable else { return action() }
    try durable.afterwards(action)
  }

  /// Waits until all has been done that waits for the disk.
  func drain() throws(FileError) {
    try durable?.drain()
  }

  /// Writes everything, and forces a file and its name to the disk.
  mutating func finish() throws(FileError) {
    try flush()
    do throws(PlainFile.Failure) {
      switch file {
      case .some(let file):
        try PlainFile.synchronize(file, at: path)
        try PlainFile.synchronizeDirectory(of: path)
      case .none: break
      }
    } catch {
      throw FileError(doing: "cannot write \(path)", reason: error.explanation)
    }
  }

  /// Writes once there is enough to be worth it.
  mutating func flushIfFull() throws(FileError) {
    if buffer.count >= Self.full { try flush() }
  }

  /// Writes everything.
  ///
  /// - Throws: ``FileError`` if it can't be written, or the task is cancelled while the reader of a
  ///   pipe does not take it.
  mutating func flush() throws(FileError) {
    var written = 0
    while written < buffer.count {
      try waitForRoom()
      let count = buffer.withBytes { bytes in
        let rest = bytes.extracting(droppingFirst: written)
        return Uninterrupted.write(
          rest.extracting(first: min(rest.count, chunk)), to: descriptor)
      }
      if count < 0 {
        let code = lastErrno
        if code == EAGAIN { continue }
        throw FileError(
          doing: "cannot write \(path)", reason: describeErrno(code), isReaderGone: code == EPIPE)
      }
      written += count
    }
    buffer.removeAll()
  }

  /// Waits until a write of one chunk does not block.
  private func waitForRoom() throws(FileError) {
    while true {
      var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      let result = unsafe poll(&entry, 1, 50)
      if result > 0 { return }
      if Task.isCancelled { throw FileError(doing: "writing \(path) was cancelled", reason: nil) }
    }
  }
}
