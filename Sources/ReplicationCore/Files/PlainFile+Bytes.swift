internal import CReplicationSystem
package import PGWire

extension PlainFile {
  /// Reads from the file's current position until `bytes` has this number of bytes in total, or the
  /// file ends.
  package static func read(
    _ file: borrowing FileDescriptor, to count: Int, into bytes: inout [UInt8], from path: String
  ) throws(Failure) {
    var piece = [UInt8](repeating: 0, count: min(max(count - bytes.count, 0), 1 << 20))
    while bytes.count < count {
      let wanted = min(piece.count, count - bytes.count)
      let got = unsafe piece.withUnsafeMutableBytes { buffer in
        unsafe Uninterrupted.read(
          file.raw, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
      }
      guard got >= 0 else {
        throw Failure(operation: "read", path: path, reason: .system(lastErrno))
      }
      if got == 0 { return }
      bytes += piece[..<got]
    }
  }

  /// Writes all bytes.
  package static func write(
    _ bytes: [UInt8], to file: borrowing FileDescriptor, at path: String
  ) throws(Failure) {
    guard Uninterrupted.writeAll(bytes.span, to: file.raw) else {
      throw Failure(operation: "write", path: path, reason: .system(lastErrno))
    }
  }

  /// Writes all bytes at a place in the file.
  package static func write(
    _ bytes: Span<UInt8>, to file: borrowing FileDescriptor, at offset: Int, of path: String
  ) throws(Failure) {
    guard Uninterrupted.writeAll(bytes, to: file.raw, at: offset) else {
      throw Failure(operation: "write", path: path, reason: .system(lastErrno))
    }
  }

  /// Syncs written data to the disk itself, and not only to the disk's cache.
  package static func synchronize(
    _ file: borrowing FileDescriptor, at path: String
  ) throws(Failure) {
    guard FileDescriptor.synchronize(file.raw) else {
      throw Failure(operation: "fsync", path: path, reason: .system(lastErrno))
    }
  }

  /// Syncs the names in a file's directory to the disk.
  package static func synchronizeDirectory(of path: String) throws(Failure) {
    let directory = directory(of: path)
    guard let file = FileDescriptor.opened(directory, O_RDONLY | O_DIRECTORY) else {
      throw Failure(operation: "open", path: directory, reason: .system(lastErrno))
    }
    // Some file systems have nothing to sync here, and report that as an error.
    guard FileDescriptor.synchronize(file.raw) || lastErrno == EINVAL else {
      throw Failure(operation: "fsync", path: directory, reason: .system(lastErrno))
    }
  }

  /// The path of the directory that a file is in.
  static func directory(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
  }
}
