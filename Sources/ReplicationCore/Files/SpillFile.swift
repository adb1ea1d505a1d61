internal import CReplicationSystem
internal import PGWire

/// Data that did not fit into memory could not be written to a file, or not read back.
public struct SpillError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What failed: "open", "write" or "read".
  public let operation: String
  /// The directory that the file is in.
  public let directory: String
  /// The system's error number; 0 if the file was shorter than it should be.
  public let errno: Int32

  public var description: String { words.displayed }

  private var words: String {
    let reason = errno == 0 ? "the file is truncated" : describeErrno(errno)
    let way = errno == ENOSPC || errno == EDQUOT ? "; free space, or use another directory" : ""
    return "a streamed transaction could not be spilled to a file in \(directory): \(operation): "
      + "\(reason)\(way) (nothing is lost: the slot still has it)"
  }
}

/// An unlinked temporary file, in blocks that are allocated and freed.
///
/// It has the data of streamed transactions beyond their share of memory. No other process can open
/// it, and the system frees it when the process ends, however it ends. Its size is the most that
/// was ever in it, until all of it is free again.
final class SpillFile: Sendable {
  /// Bytes of a block.
  ///
  /// Large, so that the list of a transaction's blocks stays small; the unwritten part of a block
  /// takes no space on the disk.
  static let blockSize = 1 << 20

  private let file: FileDescriptor
  private let directory: String
  private let faults: FileFaults?

  /// Creates the file.
  ///
  /// - Parameters:
  ///   - directory: The directory; the file's name is removed again before this returns.
  ///   - faults: Makes steps fail, in tests.
  init(in directory: String, faults: FileFaults? = nil) throws(SpillError) {
    self.directory = directory
    self.faults = faults
    do throws(PlainFile.Failure) {
      try faults.reach(.create, directory)
      file = try PlainFile.createUnlinked(in: directory)
    } catch {
      throw SpillError(operation: "open", directory: directory, errno: error.errno)
    }
  }

  /// Writes a part of a segment at a place in the file.
  func write(_ segment: Segment, _ range: Range<Int>, at offset: Int) throws(SpillError) {
    if let fault = faults.at(.write) {
      let part = range.prefix(fault.part(of: range.count))
      _ = segment.withBytes(part) { Uninterrupted.writeAll($0, to: file.raw, at: offset) }
      throw failure("write", fault.errno)
    }
    let isWritten = segment.withBytes(range) {
      Uninterrupted.writeAll($0, to: file.raw, at: offset)
    }
    guard isWritten else { throw failure("write", lastErrno) }
  }

  /// Reads `count` bytes at a place in the file into a segment that nothing else refers to.
  func read(_ count: Int, at offset: Int, into segment: Segment, at start: Int) throws(SpillError) {
    precondition(start + count <= segment.capacity)
    if let fault = faults.at(.read) { throw failure("read", fault.errno) }
    let buffer = unsafe UnsafeMutableRawBufferPointer(start: segment.base + start, count: count)
    let found = unsafe Uninterrupted.readAll(file.raw, at: offset, into: buffer)
    guard found == count else { throw failure("read", found < 0 ? lastErrno : 0) }
  }

  /// Frees all of its disk space.
  ///
  /// Call it only while no block is in use.
  func empty() {
    _ = ftruncate(file.raw, 0)
  }

  /// Bytes from its beginning to the last one that was written, since it was last empty.
  var length: Int { Int(lseek(file.raw, 0, SEEK_END)) }

  private func failure(_ operation: String, _ errno: Int32) -> SpillError {
    SpillError(operation: operation, directory: directory, errno: errno)
  }
}
