internal import Foundation

/// Files that are read whole: keys, connection strings, configurations.
enum SmallFile {
  /// The most bytes that one has.
  private static let longest = 1 << 20

  /// What a file holds.
  ///
  /// - Throws: ``PlanError`` if it can't be read, or is too long.
  static func bytes(at path: String) throws(PlanError) -> [UInt8] {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw PlanError("cannot read \(path): there is no such file, or it may not be read")
    }
    defer { try? file.close() }
    let data: Data?
    do {
      data = try file.read(upToCount: longest + 1)
    } catch {
      throw PlanError("cannot read \(path): \(error.localizedDescription)")
    }
    let bytes = Array(data ?? Data())
    guard bytes.count <= longest else {
      throw PlanError("cannot read \(path): it has more than \(longest) bytes")
    }
    return bytes
  }

  /// The same without a line break at its end; what is left must not be empty.
  static func secret(at path: String) throws(PlanError) -> [UInt8] {
    var bytes = try bytes(at: path)
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    guard !bytes.isEmpty else { throw PlanError("cannot use \(path): it is empty") }
    return bytes
  }

  /// The text of ``secret(at:)``.
  static func line(at path: String) throws(PlanError) -> String {
    String(decoding: try secret(at: path), as: UTF8.self)
  }
}
