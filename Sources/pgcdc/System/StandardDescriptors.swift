internal import CReplicationSystem
internal import PGWire

/// Descriptors 0 to 2, and the conditions that must hold before anything is opened.
enum StandardDescriptors {
  /// Makes sure that they are open: what is opened next would take the place of one that is closed,
  /// and get the output.
  ///
  /// - Returns: Whether standard output was open.
  static func open() -> Bool {
    var hasOutput = true
    for descriptor in STDIN_FILENO...STDERR_FILENO where pgrepl_is_open(descriptor) == 0 {
      if descriptor == STDOUT_FILENO { hasOutput = false }
      // The lowest number that is free is this one.
      let flags = descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY
      _ = FileDescriptor.opened("/dev/null", flags)?.release()
    }
    return hasOutput
  }

  /// Checks the process's limits: with less, it would be ended without a message.
  static func shortage() -> String? {
    if case let files = pgrepl_file_limit(), files > 0, files < fewestFiles {
      return "at most \(files) files may be open, and at least \(fewestFiles) are needed; raise "
        + "the limit (ulimit -n)"
    }
    if case let bytes = pgrepl_memory_limit(), bytes > 0, bytes < leastMemory {
      return "at most \(bytes >> 20) MiB of memory may be mapped, and at least "
        + "\(leastMemory >> 20) are needed; raise the limit (ulimit -v)"
    }
    return nil
  }

  private static let fewestFiles: UInt64 = 20
  private static let leastMemory: UInt64 = 400 << 20
}
