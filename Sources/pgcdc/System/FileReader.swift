internal import PGWire
internal import ReplicationCore
internal import ReplicationTestKit

/// Reads recordings, and keys.
enum FileReader {
  /// What is held of a recording in memory at most.
  private static let longest = 1 << 31

  /// The most bytes that a key has.
  private static let longestKey = 1 << 16

  /// The key that a file has: all of it, but for a line break at its end.
  static func key(at path: String) throws -> Password {
    do {
      guard let opened = try PlainFile.open(reading: path, followsLink: true) else {
        throw FileError(doing: "cannot read \(path)", reason: "there is no such file")
      }
      guard opened.size <= longestKey else {
        throw FileError(
          doing: "cannot read \(path)",
          reason: "it has \(opened.size) bytes; a key may have \(longestKey)")
      }
      var bytes: [UInt8] = []
      try PlainFile.read(opened.file, to: longestKey, into: &bytes, from: path)
      if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
      if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
      guard !bytes.isEmpty else {
        throw FileError(doing: "cannot use \(path)", reason: "a key can't be empty")
      }
      return Password(bytes: bytes)
    } catch let error as PlainFile.Failure {
      throw FileError(doing: "cannot read \(path)", reason: error.explanation)
    }
  }

  /// All bytes of a file that begins as a recording.
  ///
  /// The beginning is checked first, so that little is read of a large file that is not a
  /// recording.
  static func recording(at path: String) throws -> [UInt8] {
    do {
      guard let opened = try PlainFile.open(reading: path, followsLink: true) else {
        throw FileError(doing: "cannot read \(path)", reason: "there is no such file")
      }
      var bytes: [UInt8] = []
      try PlainFile.read(opened.file, to: Recording.firstBytes.count, into: &bytes, from: path)
      guard bytes == Recording.firstBytes else { throw RecordingError.notARecording }
      guard opened.size <= longest else {
        throw FileError(
          doing: "cannot read \(path)",
          reason: "it has \(opened.size) bytes; a recording is held in memory, and may have "
            + "\(longest)")
      }
      bytes.reserveCapacity(opened.size)
      try PlainFile.read(opened.file, to: longest, into: &bytes, from: path)
      return bytes
    } catch let error as PlainFile.Failure {
      throw FileError(doing: "cannot read \(path)", reason: error.explanation)
    }
  }
}
