#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Descriptors 0 to 2, and what else has to be so before anything is opened.
enum StandardDescriptors {
  /// Makes sure that they are open: what is opened next would take the place of one that is closed,
  /// and get the output.
  ///
  /// - Returns: Whether standard output was open.
  static func open() -> Bool {
    var hasOutput = true
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      if descriptor == STDOUT_FILENO { hasOutput = false }
      // The lowest number that is free is this one.
      _ = System.open("/dev/null", descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY)
    }
    return hasOutput
  }

  /// What the process may not have less of: with fewer it would be ended without a word.
  static func shortage() -> String? {
    if let files = limit(of: .files), files < fewestFiles {
      return "at most \(files) files may be open, and at least \(fewestFiles) are needed; raise "
        + "the limit (ulimit -n)"
    }
    if let bytes = limit(of: .addressSpace), bytes < leastMemory {
      return "at most \(bytes >> 20) MiB of memory may be mapped, and at least "
        + "\(leastMemory >> 20) are needed; raise the limit (ulimit -v)"
    }
    return nil
  }

  private static let fewestFiles: UInt64 = 20
  private static let leastMemory: UInt64 = 400 << 20

  private enum Resource {
    case files, addressSpace
  }

  private static func limit(of resource: Resource) -> UInt64? {
    var limit = rlimit()
    #if canImport(Glibc)
      let number = resource == .files ? __rlimit_resource_t(7) : __rlimit_resource_t(9)
    #else
      let number = resource == .files ? RLIMIT_NOFILE : RLIMIT_AS
    #endif
    guard unsafe getrlimit(number, &limit) == 0 else { return nil }
    return UInt64(limit.rlim_cur)
  }
}

/// The C library's function that a member here has the name of.
private enum System {
  static func open(_ path: String, _ flags: Int32) -> Int32 {
    #if canImport(Darwin)
      unsafe Darwin.open(path, flags)
    #elseif canImport(Glibc)
      unsafe Glibc.open(path, flags)
    #elseif canImport(Musl)
      unsafe Musl.open(path, flags)
    #endif
  }
}
