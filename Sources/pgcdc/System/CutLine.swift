internal import CSystem
internal import PGWire

/// A line that a process which was killed has not written to its end.
enum CutLine {
  /// Whether a file ends in the middle of a line; false if that can't be found out.
  ///
  /// - Parameter descriptor: A file that is written to; it is opened once more for reading.
  static func isLast(in descriptor: Int32) -> Bool {
    guard let status = FileStatus(descriptor: descriptor), status.kind == .regular, status.size > 0,
      let file = FileDescriptor.opened("/dev/fd/\(descriptor)", O_RDONLY | O_CLOEXEC)
    else { return false }
    var byte: UInt8 = 0x0A
    let count = unsafe withUnsafeMutableBytes(of: &byte) {
      unsafe pread(file.raw, $0.baseAddress, 1, off_t(status.size - 1))
    }
    return count == 1 && byte != 0x0A
  }
}
