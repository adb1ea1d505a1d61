internal import CReplicationSystem

/// What has to be known about a file before its content is trusted.
enum FileFacts {
  /// Why a file can't be looked at or read; `nil` if it can.
  static func problem(with path: String) -> Problem? {
    unsafe access(path, R_OK) == 0 ? nil : Problem(errno: lastErrno)
  }

  struct Problem {
    let errno: Int32

    var reason: String { describeErrno(errno) }
    /// Whether the file is simply not there.
    var isAbsence: Bool { errno == ENOENT || errno == ENOTDIR }
  }

  static func isRegular(_ path: String) -> Bool {
    FileStatus(path: path)?.kind == .regular
  }

  /// Whether nobody but its owner can read it; root's may be read by a group.
  ///
  /// libpq's rule for private keys.
  static func isPrivate(_ path: String) -> Bool {
    guard let status = FileStatus(path: path) else { return false }
    return status.permissions & (status.owner == 0 ? 0o037 : 0o077) == 0
  }
}
