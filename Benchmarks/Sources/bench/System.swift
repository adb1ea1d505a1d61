#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The few calls of the system that measuring takes.
enum System {
  /// Reads standard input once, waiting for it.
  ///
  /// - Returns: How many bytes came; 0 at the end.
  static func readInput(into buffer: inout [UInt8]) -> Int {
    unsafe buffer.withUnsafeMutableBytes { unsafe read(0, $0.baseAddress, $0.count) }
  }

  /// Whether something can be read from standard input within some milliseconds.
  static func inputIsReady(within milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&entry, 1, milliseconds) > 0
  }

  /// Seconds of processor time, user and system, that the process has used.
  static func processorSeconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Writes a new file, a piece at a time.
  static func write(
    to path: String, _ body: (_ put: ([UInt8]) -> Void) -> Void
  ) throws(FileFailure) {
    guard let file = unsafe fopen(path, "w") else { throw FileFailure(path: path) }
    var failed = false
    body { bytes in
      let count = unsafe bytes.withUnsafeBytes { unsafe fwrite($0.baseAddress, 1, $0.count, file) }
      if count != bytes.count { failed = true }
    }
    if unsafe fclose(file) != 0 || failed { throw FileFailure(path: path) }
  }

  /// Says how it is used, and ends as programs do that were used wrongly.
  static func exit(with usage: String) -> Never {
    print(usage, terminator: "")
    _exit(64)
  }
}

/// A file could not be written.
struct FileFailure: Error {
  let path: String
}
