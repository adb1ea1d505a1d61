import Foundation
import PGWire
import Testing

/// SASLprep against what Python's `stringprep` and `unicodedata` make of the same.
@Suite struct SASLprepTests {
  private func lines(of name: String) throws -> [[String]] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../../../../Fixtures/saslprep").standardized
    let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    return text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
  }

  private func bytes(_ hex: String) throws -> [UInt8] {
    if hex == "-" { return [] }
    let digits = Array(hex.utf8)
    return try stride(from: 0, to: digits.count, by: 2).map {
      try #require(UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16))
    }
  }

  /// What the server hashes: the prepared password, or the bytes as they are.
  private func hashed(_ password: [UInt8]) -> [UInt8] {
    SASLprep.prepare(password.span) ?? password
  }

  @Test func `knows what becomes of each code point`() throws {
    var next: UInt32 = 0
    for line in try lines(of: "scalars.txt") {
      let first = try #require(UInt32(line[0], radix: 16))
      let last = try #require(UInt32(line[1], radix: 16))
      #expect(first == next || next == 0xD800 && first == 0xE000)
      next = last + 1
      let expected = ["raw", "kept"].contains(line[2]) ? nil : try bytes(line[2])
      for code in first...last {
        let scalar = try #require(Unicode.Scalar(code))
        let own = Array(String(Character(scalar)).utf8)
        let found = SASLprep.prepare(own.span)
        let isRight =
          switch line[2] {
          case "raw": found == nil
          case "kept": found == own || (found == nil && code < 0x80)
          default: found == expected
          }
        if !isRight { Issue.record("U+\(String(code, radix: 16)): \(String(describing: found))") }
      }
    }
    #expect(next == 0x110000)
  }

  @Test func `prepares strings`() throws {
    let lines = try lines(of: "strings.txt")
    #expect(lines.count > 1000)
    for line in lines {
      let input = try bytes(line[0])
      #expect(hashed(input) == (line[1] == "raw" ? input : try bytes(line[1])), "\(line[0])")
    }
  }

  @Test(
    arguments: [
      [0xFF], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xC0, 0xAF], [0xF4, 0x90, 0x80, 0x80],
    ] as [[UInt8]])
  func `leaves alone what is no UTF-8`(bytes: [UInt8]) {
    #expect(SASLprep.prepare(bytes.span) == nil)
  }
}
