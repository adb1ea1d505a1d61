internal import ReplicationTestKit

/// Makes a recording of one transaction whose rows have one column of a given length.
struct Synthesizer {
  /// Bytes of each row's value.
  let payload: Int
  /// Bytes of all values together.
  let total: Int

  func write(to path: String) throws {
    let header = Recording.Header(
      serverVersion: "17.0", plugin: "pgoutput",
      options: ["proto_version": "1", "publication_names": "p"])
    let row = Recording.frame(xLogData(insert))
    let count = max(total / payload, 1)
    try System.write(to: path) { put in
      put(header.encoded)
      put(Recording.frame(xLogData(begin)))
      put(Recording.frame(xLogData(relation)))
      // A piece of about a megabyte, as often as it fits, and then what is left.
      let rowsOfPiece = min(max((1 << 20) / row.count, 1), count)
      var piece: [UInt8] = []
      for _ in 0..<rowsOfPiece { piece += row }
      for _ in 0..<count / rowsOfPiece { put(piece) }
      for _ in 0..<count % rowsOfPiece { put(row) }
      put(Recording.frame(xLogData(commit)))
    }
  }

  private static let lsn: UInt64 = 0x1000_0000

  private func xLogData(_ message: [UInt8]) -> [UInt8] {
    [UInt8(ascii: "w")] + bytes(Self.lsn) + bytes(Self.lsn) + bytes(UInt64(0)) + message
  }

  private var begin: [UInt8] {
    [UInt8(ascii: "B")] + bytes(Self.lsn) + bytes(UInt64(0)) + bytes(UInt32(700))
  }

  private var relation: [UInt8] {
    let text: UInt32 = 25
    return [UInt8(ascii: "R")] + bytes(UInt32(1)) + Array("public\0t\0".utf8)
      + [UInt8(ascii: "f"), 0, 1, 1] + Array("value\0".utf8) + bytes(text) + bytes(UInt32.max)
  }

  private var insert: [UInt8] {
    [UInt8(ascii: "I")] + bytes(UInt32(1)) + [UInt8(ascii: "N"), 0, 1, UInt8(ascii: "t")]
      + bytes(UInt32(payload)) + [UInt8](repeating: UInt8(ascii: "x"), count: payload)
  }

  private var commit: [UInt8] {
    [UInt8(ascii: "C"), 0] + bytes(Self.lsn) + bytes(Self.lsn + 0x30) + bytes(UInt64(0))
  }

  /// A number as it stands in messages, most significant byte first.
  private func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    (1...Number.bitWidth / 8).map {
      UInt8(truncatingIfNeeded: number >> Number(Number.bitWidth - 8 * $0))
    }
  }
}
