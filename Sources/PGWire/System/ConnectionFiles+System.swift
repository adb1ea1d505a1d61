#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

extension ConnectionFiles {
  /// The system's files.
  public static let system = ConnectionFiles(
    systemDirectories: [
      "/etc/postgresql-common", "/etc/sysconfig/pgsql", "/usr/local/pgsql/etc",
      "/opt/homebrew/etc/postgresql",
    ],
    read: { readSystemFile($0) })

  /// More than any such file has, so that a wrong path does not fill the memory.
  private static let longestFile = 1 << 24

  private static func readSystemFile(_ path: String) -> File {
    // A pipe in the file's place must not hold us up until somebody writes.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      return errno == ENOENT || errno == ENOTDIR ? .missing : .unreadable(describeErrno(errno))
    }
    let file = FileDescriptor(owning: descriptor)
    var status = stat()
    guard unsafe fstat(file.raw, &status) == 0 else { return .unreadable(describeErrno(errno)) }
    guard status.st_mode & S_IFMT == S_IFREG else { return .notPlain }
    guard status.st_size <= longestFile else { return .unreadable("it is too large") }
    // Sized in advance: growing would leave pieces of passwords in freed memory.
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var count = 0
    while count < bytes.count {
      let got = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe read(file.raw, buffer.baseAddress?.advanced(by: count), buffer.count - count)
      }
      if got < 0, errno == EINTR { continue }
      if got < 0 { return .unreadable(describeErrno(errno)) }
      if got == 0 { break }
      count += got
    }
    bytes.removeLast(bytes.count - count)
    return .plain(bytes, mode: UInt16(status.st_mode & 0o7777))
  }
}
