import Foundation
import ReplicationTestKit
import TestSupport
import Testing

/// What the fuzzers have found, and what they begin with: no input does harm.
@Suite struct FuzzCaseTests {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static let fuzzers: [(name: String, run: @Sendable ([UInt8]) -> Void)] = [
    ("fuzz-pgoutput", fuzzPgOutput), ("fuzz-wire", fuzzWire), ("fuzz-stream", fuzzStream),
    ("fuzz-values", fuzzValues), ("fuzz-settings", fuzzSettings),
    ("fuzz-copy", fuzzCopy), ("fuzz-sasl", fuzzSASL), ("fuzz-types", fuzzTypes),
    ("fuzz-lines", fuzzLines), ("fuzz-catalog", fuzzCatalog), ("fuzz-checkpoint", fuzzCheckpoint),
    ("fuzz-recording", fuzzRecording),
  ]

  private static func files(_ folder: String) -> [[UInt8]] {
    let folder = root.appending(path: folder)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().compactMap { name in
      FileManager.default.contents(atPath: folder.appending(path: name).path).map { Array($0) }
    }
  }

  @Test(arguments: fuzzers.indices)
  func `what was found does no harm any more`(index: Int) {
    let (name, run) = Self.fuzzers[index]
    for input in Self.files("Fixtures/fuzz/\(name)") { run(input) }
  }

  @Test func `every case belongs to a fuzzer`() {
    let folder = Self.root.appending(path: "Fixtures/fuzz")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    #expect(Set(names).isSubset(of: Self.fuzzers.map(\.name)))
  }

  @Test func `recordings run through the fuzzers, whole and cut`() throws {
    let streams = Self.files("Fixtures/pgoutput/pg17-streams").compactMap { try? Recording($0) }
    #expect(streams.count > 10)
    for frames in streams.map(\.frames) {
      for count in stride(from: frames.count, to: 0, by: -frames.count / 7) {
        let input = Array(frames.prefix(count))
        fuzzPgOutput(input)
        for flags: UInt8 in 0...7 {
          fuzzStream([flags] + input)
          fuzzWire([flags] + input)
        }
      }
    }
  }

  @Test func `copied data runs through the fuzzer, cut anywhere and spoilt anywhere`() {
    let text = Array("1\tone\n2\t\\N\n-3\ttab\\tfeed\\n\\\\ \\x41\\101\n".utf8)
    let binary =
      Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0, 0] + [
        0, 2, 0, 0, 0, 1, 0x41, 0xFF, 0xFF, 0xFF, 0xFF, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3, 0xFF,
        0xFF,
      ]
    for (flags, data) in [(0, text), (1, binary)] as [(UInt8, [UInt8])] {
      for cut in stride(from: UInt8(0), to: 255, by: 5) { fuzzCopy([flags, 2, cut] + data) }
      for count in 0...data.count { fuzzCopy([flags, 2, 100] + data.prefix(count)) }
      for index in data.indices {
        for bit: UInt8 in 0..<8 {
          var spoilt = data
          spoilt[index] ^= 1 << bit
          fuzzCopy([flags, 2, 128] + spoilt)
        }
      }
    }
  }

  @Test func `sessions run through the fuzzer, cut anywhere and spoilt anywhere`() throws {
    let file = Self.root.appending(path: "Fuzz/seeds/sasl.txt")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    #expect(lines.count > 10)
    for input in lines.map(Self.unescaped) {
      for flags: UInt8 in 0...255 { fuzzSASL([flags] + input.dropFirst()) }
      for count in 0...input.count { fuzzSASL(Array(input.prefix(count))) }
      for index in input.indices {
        for bit: UInt8 in 0..<8 {
          var spoilt = input
          spoilt[index] ^= 1 << bit
          fuzzSASL(spoilt)
        }
      }
    }
  }

  /// The bytes of a line of seeds: `\\` and three octal digits are one byte.
  private static func unescaped(_ line: Substring) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = line.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\"), rest.count >= 3,
        let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
      else {
        bytes.append(byte)
        continue
      }
      bytes.append(code)
      rest = rest.dropFirst(3)
    }
    return bytes
  }

  @Test func `catalogues of any kind are harmless`() async throws {
    try await offPool {
      var random = RepeatableGenerator(seed: 12)
      for _ in 0..<20_000 {
        let count = Int.random(in: 0...120, using: &random)
        // Small numbers, which lengths and counts are, come often.
        fuzzTypes(
          (0..<count).map { _ in
            UInt8.random(in: 0...(Bool.random(using: &random) ? 8 : 255), using: &random)
          })
      }
    }
  }

  @Test func `values of every type become lines, spoilt anywhere`() async throws {
    try await offPool { try Self.spoilValues() }
  }

  private static func spoilValues() throws {
    var random = RepeatableGenerator(seed: 11)
    let file = root.appending(path: "Fuzz/seeds/values.txt")
    let seeds = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    let special = Array("\"\\{}[],\u{7F}\u{85}\u{2028}".utf8)
    for round in 0..<20_000 {
      var value = Array(seeds[round % seeds.count].utf8.dropFirst(10))
      for _ in 0..<Int.random(in: 0...3, using: &random) where !value.isEmpty {
        let at = Int.random(in: value.indices, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: value[at] = UInt8.random(in: 0...255, using: &random)
        case 1: value.insert(special.randomElement(using: &random) ?? 0, at: at)
        case 2: value.removeSubrange(at...)
        default: value += value[..<at]
        }
      }
      let head = (0..<6).map { _ in UInt8.random(in: 0...255, using: &random) }
      // Mostly what servers declare.
      fuzzLines(head.prefix(2) + (round % 2 == 0 ? [255, 255, 255, 255] : head.suffix(4)) + value)
    }
  }

  @Test func `random catalogues run through the fuzzer`() {
    var random = RepeatableGenerator(seed: 7)
    for size in stride(from: 0, to: 2000, by: 10) {
      fuzzCatalog((0..<size).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    }
  }

  @Test func `checkpoints and recordings run through the fuzzers, spoilt anywhere`() throws {
    let file = Self.root.appending(path: "Fuzz/seeds/checkpoint.txt")
    let texts = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    #expect(texts.count > 3)
    for text in texts.map({ Array($0.dropFirst(4).replacing("\\n", with: "\n").utf8) }) {
      for count in 0...text.count { fuzzCheckpoint([0] + text.prefix(count)) }
      for index in text.indices {
        fuzzCheckpoint([0] + text[..<index] + [10] + text[index...])
        fuzzCheckpoint([0] + text[..<index] + text[(index + 1)...])
      }
    }
    let streams = Self.files("Fixtures/pgoutput/pg17-streams")
    #expect(streams.count > 10)
    for stream in streams where stream.count < 20_000 {
      for cut in stride(from: 0, to: stream.count, by: max(1, stream.count / 50)) {
        fuzzRecording([3] + stream.prefix(cut))
        fuzzRecording([3] + stream[..<cut] + [0] + stream[cut...])
      }
    }
  }

  @Test(arguments: ["settings", "values"])
  func `texts run through the fuzzers, cut anywhere`(name: String) throws {
    let file = Self.root.appending(path: "Fuzz/seeds/\(name).txt")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    #expect(lines.count > 10)
    for line in lines {
      for count in 0...line.utf8.count {
        let text = Array(line.utf8.prefix(count))
        fuzzSettings(text)
        // Every type meets some of it.
        for type in stride(from: UInt8(truncatingIfNeeded: count % 16), to: 80, by: 16) {
          fuzzValues([type, UInt8(count & 1)] + text)
        }
      }
    }
  }
}
