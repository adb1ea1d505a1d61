internal import CReplicationSystem
internal import PGWire

/// A small file that is replaced as a whole.
///
/// At any moment, even after a power failure, the file has either the old content or the new one:
/// the new content is written to a second file beside it, synced to disk, and renamed over it, and
/// then the directory is synced as well. A symbolic link, a pipe or anything else that is not a
/// regular file is refused as the file, and removed as the second one.
package struct DurableFile: Sendable {
  package let path: String
  private let faults: FileFaults?

  /// - Parameter faults: Makes steps fail, in tests.
  package init(path: String, faults: FileFaults? = nil) {
    self.path = path
    self.faults = faults
  }

  /// The maximum size; no valid file reaches it.
  private static let longest = 1 << 27

  /// The content; `nil` if there is no such file.
  package func contents() throws(PlainFile.Failure) -> [UInt8]? {
    try faults.reach(.open, path)
    guard let opened = try PlainFile.open(reading: path, followsLink: false) else { return nil }
    var bytes: [UInt8] = []
    try faults.reach(.read, path)
    try PlainFile.read(opened.file, to: Self.longest + 1, into: &bytes, from: path)
    guard bytes.count <= Self.longest else {
      throw PlainFile.Failure(
        operation: "read", path: path, reason: .tooLarge(limit: Self.longest))
    }
    return bytes
  }

  /// Replaces the content; what could not be read again is refused.
  package func replace(with bytes: [UInt8]) throws(PlainFile.Failure) {
    guard bytes.count <= Self.longest else {
      throw PlainFile.Failure(
        operation: "write", path: path, reason: .tooLarge(limit: Self.longest))
    }
    try PlainFile.checkPlace(path)
    let new = path + ".new"
    do {
      try faults.reach(.create, new)
      let file = try PlainFile.create(new)
      try write(bytes, to: file, at: new)
      try faults.reach(.synchronize, new)
      try PlainFile.synchronize(file, at: new)
    }
    try faults.reach(.rename, path)
    guard unsafe rename(new, path) == 0 else {
      throw PlainFile.Failure(operation: "rename", path: path, reason: .system(lastErrno))
    }
    try faults.reach(.synchronizeDirectory, path)
    try PlainFile.synchronizeDirectory(of: path)
  }

  private func write(
    _ bytes: [UInt8], to file: borrowing FileDescriptor, at path: String
  ) throws(PlainFile.Failure) {
    guard let fault = faults.at(.write) else {
      return try PlainFile.write(bytes, to: file, at: path)
    }
    try PlainFile.write(Array(bytes.prefix(fault.part(of: bytes.count))), to: file, at: path)
    throw PlainFile.Failure(operation: "write", path: path, reason: .system(fault.errno))
  }
}
