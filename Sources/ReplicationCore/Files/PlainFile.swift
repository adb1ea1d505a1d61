internal import CReplicationSystem
package import PGWire

/// Opens all files of this module: checkpoints, recordings, and data that does not fit into memory.
///
/// Regular files only: a pipe or a device in a file's place is an error, and never waited for.
/// Files are never written through a symbolic link, and only their owner can access them (0600).
package enum PlainFile {
  /// What failed, and why.
  package struct Failure: Error, Hashable, Sendable {
    package let operation: String
    package let path: String
    package let reason: Reason

    package enum Reason: Hashable, Sendable {
      /// The system's error number.
      case system(Int32)
      /// There is a pipe, a device, a socket or a directory in the file's place.
      case notRegular(String)
      /// There is a symbolic link in the file's place.
      case link
      /// It has more bytes than this.
      case tooLarge(limit: Int)
    }
  }

  /// An open file, and how large it was then.
  package struct Opened: ~Copyable {
    package let file: FileDescriptor
    package let size: Int
  }

  /// Opens a file for reading; `nil` if there is none.
  ///
  /// - Parameter followsLink: Whether a symbolic link in its place is followed.
  package static func open(
    reading path: String, followsLink: Bool
  ) throws(Failure) -> Opened? {
    let flags = O_RDONLY | common | (followsLink ? 0 : O_NOFOLLOW)
    guard let file = FileDescriptor.opened(path, flags) else {
      let code = lastErrno
      if code == ENOENT { return nil }
      throw failure("open", path, code)
    }
    return try check(file, "open", path)
  }

  /// Creates a new file; a file that an earlier process left behind is removed.
  package static func create(_ path: String) throws(Failure) -> FileDescriptor {
    for _ in 0..<8 {
      let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | common
      if let file = FileDescriptor.opened(path, flags, mode: ownerOnly) { return file }
      let code = lastErrno
      // The name is removed, whatever it refers to; a link is not followed.
      guard code == EEXIST, unsafe unlink(path) == 0 || lastErrno == ENOENT else {
        throw failure("create", path, code)
      }
    }
    throw failure("create", path, EEXIST)
  }

  /// Opens a file to write it from its beginning; an existing file is truncated.
  package static func overwrite(_ path: String) throws(Failure) -> FileDescriptor {
    // Truncated only after its kind was checked.
    let flags = O_WRONLY | O_CREAT | O_NOFOLLOW | common
    guard let file = FileDescriptor.opened(path, flags, mode: ownerOnly) else {
      throw failure("create", path, lastErrno)
    }
    let opened = try check(file, "create", path)
    guard fchmod(opened.file.raw, mode_t(ownerOnly)) == 0, ftruncate(opened.file.raw, 0) == 0 else {
      throw failure("create", path, lastErrno)
    }
    return opened.takeFile()
  }

  /// Creates an unlinked temporary file, for reading and writing.
  ///
  /// - Parameter directory: The directory; the file's name is removed again before this returns.
  package static func createUnlinked(in directory: String) throws(Failure) -> FileDescriptor {
    for _ in 0..<8 {
      let path = "\(directory)/pgrepl-spill-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
      let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | common
      if let file = FileDescriptor.opened(path, flags, mode: ownerOnly) {
        _ = unsafe unlink(path)
        return file
      }
      guard lastErrno == EEXIST else { throw failure("open", directory, lastErrno) }
    }
    throw failure("open", directory, EEXIST)
  }

  /// Checks that there is a regular file or nothing at this path.
  package static func checkPlace(_ path: String) throws(Failure) {
    guard let status = FileStatus(path: path, followsLink: false) else {
      let code = lastErrno
      if code == ENOENT { return }
      throw failure("open", path, code)
    }
    if let reason = objection(to: status) {
      throw Failure(operation: "open", path: path, reason: reason)
    }
  }

  static let ownerOnly: UInt16 = 0o600
  // A pipe is not waited for, and no terminal becomes the process's controlling terminal.
  static let common = O_NONBLOCK | O_NOCTTY

  static func check(
    _ file: consuming FileDescriptor, _ operation: String, _ path: String
  ) throws(Failure) -> Opened {
    guard let status = FileStatus(descriptor: file.raw) else {
      throw failure(operation, path, lastErrno)
    }
    if let reason = objection(to: status) {
      throw Failure(operation: operation, path: path, reason: reason)
    }
    return Opened(file: file, size: status.size)
  }

  static func objection(to status: FileStatus) -> Failure.Reason? {
    switch status.kind {
    case .regular: nil
    case .link: .link
    case .pipe: .notRegular("pipe")
    case .directory: .notRegular("directory")
    case .socket: .notRegular("socket")
    case .device: .notRegular("device")
    }
  }

  /// The kind of the file at this path explains the error better than its number, if there is one.
  static func failure(
    _ operation: String, _ path: String, _ code: Int32
  ) -> Failure {
    let isAboutKind = [ELOOP, ENXIO, EISDIR, ENODEV, EEXIST].contains(code)
    if isAboutKind, let status = FileStatus(path: path, followsLink: false),
      let reason = objection(to: status)
    {
      return Failure(operation: operation, path: path, reason: reason)
    }
    return Failure(operation: operation, path: path, reason: .system(code))
  }
}

extension PlainFile.Opened {
  package consuming func takeFile() -> FileDescriptor { file }
}

extension PlainFile.Failure: CustomStringConvertible {
  package var description: String { "\(path): \(operation): \(explanation)".displayed }

  /// The system's error number, or the nearest one.
  package var errno: Int32 {
    switch reason {
    case .system(let code): code
    case .notRegular, .link: ELOOP
    case .tooLarge: EFBIG
    }
  }

  /// Why, without the place.
  package var explanation: String {
    switch reason {
    case .system(let code): describeErrno(code)
    case .notRegular(let kind): "it is a \(kind), not a regular file"
    case .link: "it is a symbolic link; give the path of the file that it points to"
    case .tooLarge(let limit): "it has more than \(limit) bytes"
    }
  }
}
