#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The process's streams and environment.
enum Console {
  /// Writes one line to standard error, as `pgcdc: …`.
  static func say(_ message: String) {
    var line = Array("pgcdc: \(message)\n".utf8)
    unsafe line.withUnsafeMutableBytes { bytes in
      _ = unsafe write(STDERR_FILENO, bytes.baseAddress, bytes.count)
    }
  }

  /// Whether standard output is a terminal.
  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// The environment's variables.
  static var environment: [String: String] {
    var variables: [String: String] = [:]
    guard var next = unsafe environ else { return variables }
    while let entry = unsafe next.pointee {
      let parts = unsafe String(cString: entry).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
      unsafe next += 1
    }
    return variables
  }

  /// This process's number.
  static var processID: Int32 { getpid() }
}
