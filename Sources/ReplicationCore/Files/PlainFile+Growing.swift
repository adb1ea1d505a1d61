internal import CReplicationSystem
package import PGWire

/// Files that are continued by later processes, one process at a time.
extension PlainFile {
  /// Creates a file; one that exists is an error.
  package static func createNew(_ path: String) throws(Failure) -> FileDescriptor {
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | common
    guard let file = FileDescriptor.opened(path, flags, mode: ownerOnly) else {
      throw failure("create", path, lastErrno)
    }
    return file
  }

  /// Opens a file for writing, as it is; `nil` if there is none.
  package static func open(writing path: String) throws(Failure) -> Opened? {
    guard let file = FileDescriptor.opened(path, O_WRONLY | O_NOFOLLOW | common) else {
      let code = lastErrno
      if code == ENOENT { return nil }
      throw failure("open", path, code)
    }
    return try check(file, "open", path)
  }

  /// The size of a file; `nil` if there is none.
  package static func size(of path: String) throws(Failure) -> Int? {
    guard let status = FileStatus(path: path, followsLink: false) else {
      let code = lastErrno
      if code == ENOENT { return nil }
      throw failure("open", path, code)
    }
    if let reason = objection(to: status) {
      throw Failure(operation: "open", path: path, reason: reason)
    }
    return status.size
  }

  /// Cuts a file off.
  package static func truncate(
    _ file: borrowing FileDescriptor, to length: Int, at path: String
  ) throws(Failure) {
    guard ftruncate(file.raw, off_t(length)) == 0 else {
      throw Failure(operation: "truncate", path: path, reason: .system(lastErrno))
    }
  }

  /// Removes a file, if there is one.
  package static func remove(_ path: String) throws(Failure) {
    try checkPlace(path)
    guard unsafe unlink(path) == 0 || lastErrno == ENOENT else {
      throw failure("remove", path, lastErrno)
    }
  }

  /// Locks a file, which is created if there is none, until what is returned is released or the
  /// process ends; `nil` if somebody else has locked it.
  ///
  /// The corresponding C function is `flock`.
  package static func lock(_ path: String) throws(Failure) -> FileDescriptor? {
    let flags = O_RDWR | O_CREAT | O_NOFOLLOW | common
    guard let file = FileDescriptor.opened(path, flags, mode: ownerOnly) else {
      throw failure("open", path, lastErrno)
    }
    let opened = try check(file, "open", path)
    if pgrepl_lock(opened.file.raw) == 0 { return opened.takeFile() }
    let code = lastErrno
    if code == EWOULDBLOCK { return nil }
    throw failure("lock", path, code)
  }
}

extension PlainFile.Failure {
  /// What can be done about it.
  package var category: ErrorCategory {
    switch reason {
    case .system(let code): Self.passing.contains(code) ? .transient : .needsOperator
    case .notRegular, .link, .tooLarge: .fatal
    }
  }

  /// A full disk may have room again, and a server of files may come back.
  private static let passing: Set<Int32> = [
    EAGAIN, EDQUOT, EINTR, EIO, EMFILE, ENFILE, ENOMEM, ENOSPC, ESTALE, ETIMEDOUT,
  ]
}
