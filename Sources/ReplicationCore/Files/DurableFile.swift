#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif
internal import PGWire

/// A small file that is replaced as a whole.
///
/// At every instant, with or without power, there is the old content or the new one: the new one
/// is written beside it, forced to the disk, and renamed over it, and then the directory is forced
/// to the disk as well.
struct DurableFile: Sendable {
  let path: String

  /// What failed, and why, in the system's words.
  struct Failure: Error, Sendable {
    let operation: String
    let path: String
    let errno: Int32
  }

  /// More than any such file has.
  private static let longest = 1 << 24

  /// The content; `nil` if there is no such file.
  func contents() throws(Failure) -> [UInt8]? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw failure("open")
    }
    let file = FileDescriptor(owning: descriptor)
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while true {
      let got = unsafe piece.withUnsafeMutableBytes { buffer in
        unsafe read(file.raw, buffer.baseAddress, buffer.count)
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw failure("read") }
      if got == 0 { return bytes }
      bytes.append(contentsOf: piece[..<got])
      guard bytes.count <= Self.longest else {
        throw Failure(operation: "read", path: path, errno: EFBIG)
      }
    }
  }

  /// Replaces the content.
  func replace(with bytes: [UInt8]) throws(Failure) {
    let new = path + ".new"
    let descriptor = unsafe open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("create", new) }
    do {
      let file = FileDescriptor(owning: descriptor)
      var done = 0
      while done < bytes.count {
        let count = unsafe bytes.withUnsafeBytes { buffer in
          unsafe write(file.raw, buffer.baseAddress?.advanced(by: done), buffer.count - done)
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw failure("write", new) }
        done += count
      }
      guard Self.force(file.raw) else { throw failure("fsync", new) }
    }
    guard unsafe rename(new, path) == 0 else { throw failure("rename", path) }
    try forceDirectory()
  }

  private func forceDirectory() throws(Failure) {
    let directory = self.directory
    let descriptor = unsafe open(directory, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", directory) }
    let file = FileDescriptor(owning: descriptor)
    // Some file systems have nothing to force here, and say so.
    guard Self.force(file.raw) || errno == EINVAL else { throw failure("fsync", directory) }
  }

  /// The directory that the file is in.
  private var directory: String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
  }

  private func failure(_ operation: String, _ path: String? = nil) -> Failure {
    Failure(operation: operation, path: path ?? self.path, errno: errno)
  }

  /// Forces what was written to the disk, and not only to the disk's own memory.
  private static func force(_ descriptor: Int32) -> Bool {
    #if canImport(Darwin)
      if fcntl(descriptor, F_FULLFSYNC) == 0 { return true }
    #endif
    return fsync(descriptor) == 0
  }
}
