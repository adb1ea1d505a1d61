#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Buffered writing to a descriptor that knows when its reader is gone.
struct FileWriter: ~Copyable {
  private let descriptor: Int32
  private let closes: Bool
  private let chunk: Int
  /// What has not been written yet; append to it, then call ``flushIfFull()`` or ``flush()``.
  var buffer: [UInt8] = []

  private static let full = 1 << 16

  static func standardOutput() -> FileWriter {
    FileWriter(descriptor: STDOUT_FILENO, closes: false)
  }

  /// A new file.
  ///
  /// An existing one of that name is replaced.
  static func create(_ path: String) throws(FileError) -> FileWriter {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(doing: "cannot write \(path)", errno: errno) }
    return FileWriter(descriptor: descriptor, closes: true)
  }

  private init(descriptor: Int32, closes: Bool) {
    var status = stat()
    let isFile = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    // What is writable but no file takes at least PIPE_BUF bytes without blocking.
    chunk = isFile ? Int.max : Int(PIPE_BUF)
    self.descriptor = descriptor
    self.closes = closes
  }

  deinit {
    if closes { close(descriptor) }
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
      let count = unsafe buffer.withUnsafeBytes { bytes in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes.dropFirst(written))
        return unsafe write(descriptor, rest.baseAddress, min(rest.count, chunk))
      }
      if count < 0 {
        if errno == EINTR || errno == EAGAIN { continue }
        throw FileError(doing: "cannot write the output", errno: errno)
      }
      written += count
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Waits until a write of one chunk does not block.
  private func waitForRoom() throws(FileError) {
    while true {
      var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      let result = unsafe poll(&entry, 1, 50)
      if result > 0 { return }
      if Task.isCancelled { throw FileError(doing: "writing the output was cancelled", errno: 0) }
    }
  }
}

/// Why a file could not be read or written.
struct FileError: Error, CustomStringConvertible {
  let doing: String
  let errno: Int32

  var description: String {
    guard errno != 0, let text = unsafe strerror(errno) else { return doing }
    return unsafe "\(doing): \(String(cString: text))"
  }
}
