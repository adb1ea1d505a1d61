import ChangeSinks
import Foundation

/// Marks where a piece begins and ends, and makes nothing smaller.
///
/// The marks are bytes that no line has.
struct PieceCompressor: SegmentCompressor {
  private static let begin: UInt8 = 2
  private static let end: UInt8 = 3

  var fileExtension: String { "piece" }

  func compress(_ bytes: Span<UInt8>) throws(SinkError) -> [UInt8] {
    var piece = [Self.begin]
    for index in bytes.indices { piece.append(bytes[index]) }
    piece.append(Self.end)
    return piece
  }

  /// A piece is not whole.
  struct Broken: Error {
    let path: String
  }

  /// What is in the pieces of a file, each of which must be whole.
  static func content(_ path: String) throws -> Data {
    var content = Data()
    var isInside = false
    for byte in try LineFiles.content(path) {
      switch byte {
      case begin, end:
        guard isInside == (byte == end) else { throw Broken(path: path) }
        isInside.toggle()
      default:
        guard isInside else { throw Broken(path: path) }
        content.append(byte)
      }
    }
    guard !isInside else { throw Broken(path: path) }
    return content
  }
}
