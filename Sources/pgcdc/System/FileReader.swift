internal import ReplicationCore
internal import ReplicationTestKit

/// Reads recordings.
enum FileReader {
  /// What is held of a recording in memory at most.
  private static let longest = 1 << 31

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
