import CDCTime
import Testing

/// The usual forms of times are read eight bytes at once, and no less strictly for that.
@Suite struct UsualFormTests {
  @Test(arguments: [
    "2024-01-02 03:04:05.123456+00", "2024-12-31 23:59:59.9+00", "0001-01-01 00:00:00+00",
    "2024-02-29 10:20:30", "1999-10-09 19:28:37.000001",
  ])
  func `any byte in place of another is another time or no time`(text: String) {
    let type: PostgresTimestamp.SQLType = text.contains("+") ? .timestamptz : .timestamp
    let (accepted, wrong) = Self.replacingBytes(of: text) { bytes in
      PostgresTimestamp(bytes, as: type)?.text(as: type, style: .postgres)
    }
    #expect(accepted > text.utf8.count)
    // Another zone, or a T, is a form that isn't printed.
    let others = wrong.filter { type == .timestamp || $0.hasSuffix("+00") }
    #expect(others.filter { !$0.contains("T") } == [])
  }

  @Test(arguments: ["2024-01-02", "0001-01-01", "9999-12-31", "2024-02-29"])
  func `any byte in place of another is another date or no date`(text: String) {
    let (accepted, wrong) = Self.replacingBytes(of: text) { PostgresDate($0)?.description }
    #expect(accepted > text.utf8.count)
    #expect(wrong == [])
  }

  /// Reads the text with every byte in every place.
  ///
  /// - Returns: How many times there was a value, and the texts whose values print another one.
  private static func replacingBytes(
    of text: String, _ read: (Span<UInt8>) -> String?
  ) -> (accepted: Int, wrong: [String]) {
    var (accepted, wrong): (Int, [String]) = (0, [])
    var bytes = Array(text.utf8)
    for index in bytes.indices {
      let original = bytes[index]
      for byte in UInt8.min...UInt8.max {
        bytes[index] = byte
        guard let printed = read(bytes.span) else { continue }
        accepted += 1
        if !printed.utf8.elementsEqual(bytes) {
          wrong.append(String(decoding: bytes, as: UTF8.self))
        }
      }
      bytes[index] = original
    }
    return (accepted, wrong)
  }
}
