#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif
internal import PGWire

/// Where the lines go.
enum StandardOutput {
  /// Forces what was written to the disk if it goes to a file; anything else has no disk.
  ///
  /// It may take long, and so is done on a thread of its own.
  static func force() async throws {
    let failure = await withCheckedContinuation {
      (continuation: CheckedContinuation<FileError?, Never>) in
      do {
        try OwnThread.start { continuation.resume(returning: forced()) }
      } catch {
        continuation.resume(returning: forced())
      }
    }
    if let failure { throw failure }
  }

  private static func forced() -> FileError? {
    var status = stat()
    guard unsafe fstat(STDOUT_FILENO, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      return nil
    }
    #if canImport(Darwin)
      if fcntl(STDOUT_FILENO, F_FULLFSYNC) == 0 { return nil }
    #endif
    if fsync(STDOUT_FILENO) == 0 { return nil }
    // Some file systems have nothing to force, and say so.
    return errno == EINVAL ? nil : FileError(doing: "cannot force the output to disk", errno: errno)
  }
}
