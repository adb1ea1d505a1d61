internal import CReplicationSystem

extension ConnectionFiles {
  /// The system's files.
  package static let system = ConnectionFiles(
    systemDirectories: [
      "/etc/postgresql-common", "/etc/sysconfig/pgsql", "/usr/local/pgsql/etc",
      "/opt/homebrew/etc/postgresql",
    ],
    read: { readSystemFile($0) })

  /// More than the size of any such file, so that a wrong path does not fill the memory.
  private static let longestFile = 1 << 24

  private static func readSystemFile(_ path: String) -> File {
    // A pipe in the file's place must not block us until something is written to it.
    guard let file = FileDescriptor.opened(path, O_RDONLY | O_NONBLOCK) else {
      let code = lastErrno
      return code == ENOENT || code == ENOTDIR ? .missing : .unreadable(describeErrno(code))
    }
    guard let status = FileStatus(descriptor: file.raw) else {
      return .unreadable(describeErrno(lastErrno))
    }
    guard status.kind == .regular else { return .notPlain }
    guard status.size <= longestFile else { return .unreadable("it is too large") }
    // Sized in advance: growing would leave pieces of passwords in freed memory.
    var bytes = [UInt8](repeating: 0, count: status.size)
    let count = unsafe bytes.withUnsafeMutableBytes {
      unsafe Uninterrupted.readAll(file.raw, into: $0)
    }
    if count < 0 { return .unreadable(describeErrno(lastErrno)) }
    bytes.removeLast(bytes.count - count)
    return .plain(bytes, mode: status.permissions)
  }
}
