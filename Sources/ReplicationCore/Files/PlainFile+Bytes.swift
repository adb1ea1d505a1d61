#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif
package import PGWire

extension PlainFile {
  /// Reads on from where the file stands until `bytes` holds so many in all, or the file ends.
  package static func read(
    _ file: borrowing FileDescriptor, to count: Int, into bytes: inout [UInt8], from path: String
  ) throws(Failure) {
    var piece = [UInt8](repeating: 0, count: min(max(count - bytes.count, 0), 1 << 20))
    while bytes.count < count {
      let wanted = min(piece.count, count - bytes.count)
      let got = unsafe piece.withUnsafeMutableBytes { buffer in
        unsafe SystemCall.read(file.raw, buffer.baseAddress, wanted)
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else {
        throw Failure(operation: "read", path: path, reason: .system(errno))
      }
      if got == 0 { return }
      bytes += piece[..<got]
    }
  }

  /// Writes all bytes.
  package static func write(
    _ bytes: [UInt8], to file: borrowing FileDescriptor, at path: String
  ) throws(Failure) {
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe SystemCall.write(
          file.raw, buffer.baseAddress?.advanced(by: done), buffer.count - done)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw Failure(operation: "write", path: path, reason: .system(errno))
      }
      done += count
    }
  }

  /// Forces what was written to the disk, and not only to the disk's own memory.
  package static func synchronize(
    _ file: borrowing FileDescriptor, at path: String
  ) throws(Failure) {
    guard force(file.raw) else {
      throw Failure(operation: "fsync", path: path, reason: .system(errno))
    }
  }

  /// Forces the names in a file's directory to the disk.
  package static func synchronizeDirectory(of path: String) throws(Failure) {
    let directory = directory(of: path)
    let descriptor = SystemCall.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
    guard descriptor >= 0 else {
      throw Failure(operation: "open", path: directory, reason: .system(errno))
    }
    let file = FileDescriptor(owning: descriptor)
    // Some file systems have nothing to force here, and say so.
    guard force(file.raw) || errno == EINVAL else {
      throw Failure(operation: "fsync", path: directory, reason: .system(errno))
    }
  }

  private static func directory(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
  }

  private static func force(_ descriptor: Int32) -> Bool {
    #if canImport(Darwin)
      if fcntl(descriptor, F_FULLFSYNC) == 0 { return true }
    #endif
    return fsync(descriptor) == 0
  }
}
