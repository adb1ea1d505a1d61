#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What has to be known of a file before its content is trusted with anything.
enum FileFacts {
  struct Problem {
    let errno: Int32

    var reason: String { describeErrno(errno) }
    /// Whether the file is simply not there.
    var isAbsence: Bool { errno == ENOENT || errno == ENOTDIR }
  }

  /// Why a file can't be looked at or read; `nil` if it can.
  static func problem(with path: String) -> Problem? {
    unsafe access(path, R_OK) == 0 ? nil : Problem(errno: errno)
  }

  static func isRegular(_ path: String) -> Bool {
    status(path).map { $0.st_mode & S_IFMT == S_IFREG } ?? false
  }

  /// Whether nobody but its owner can read it; root's may be read by a group.
  ///
  /// libpq's rule for private keys.
  static func isPrivate(_ path: String) -> Bool {
    guard let status = status(path) else { return false }
    let forbidden =
      status.st_uid == 0 ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO
    return status.st_mode & forbidden == 0
  }

  private static func status(_ path: String) -> stat? {
    var result = stat()
    return unsafe stat(path, &result) == 0 ? result : nil
  }
}
