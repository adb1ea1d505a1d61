internal import CReplicationSystem

/// What the system says about a file.
package struct FileStatus: Sendable {
  package enum Kind: Sendable {
    case regular, directory, link, pipe, socket, device
  }

  package let kind: Kind
  /// Bytes.
  package let size: Int
  /// The permissions, as `chmod` takes them.
  package let permissions: UInt16
  /// The number of the user that it belongs to.
  package let owner: UInt32

  /// What is under a path; `nil` with the reason in `lastErrno`.
  ///
  /// - Parameter followsLink: Whether a symbolic link stands for what it leads to.
  package init?(path: String, followsLink: Bool = true) {
    var status = stat()
    let result = unsafe followsLink ? stat(path, &status) : lstat(path, &status)
    guard result == 0 else { return nil }
    self.init(status)
  }

  /// What an open descriptor is of; `nil` with the reason in `lastErrno`.
  package init?(descriptor: Int32) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    kind =
      switch UInt32(status.st_mode) & UInt32(S_IFMT) {
      case UInt32(S_IFREG): .regular
      case UInt32(S_IFDIR): .directory
      case UInt32(S_IFLNK): .link
      case UInt32(S_IFIFO): .pipe
      case UInt32(S_IFSOCK): .socket
      default: .device
      }
    size = Int(clamping: status.st_size)
    permissions = UInt16(status.st_mode & 0o7777)
    owner = status.st_uid
  }
}
