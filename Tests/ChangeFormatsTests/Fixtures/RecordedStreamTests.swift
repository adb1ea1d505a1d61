import PGOutput
import PGWire
import ReplicationTestKit
import TestSupport
import Testing

@testable import ChangeFormats

/// What real servers have sent: whole, in pieces and damaged.
@Suite struct RecordedStreamTests {
  @Test func `no recording is missing`() throws {
    #expect(
      try RecordedStream.all.map(\.name) == ["pg13-v1", "pg15-v1", "pg17-v1", "pg18-v1", "pg19-v1"])
  }

  @Test(arguments: try RecordedStream.all)
  func `gives the lines that it should`(stream: RecordedStream) throws {
    var lines = RecordedLines()
    for content in try stream.contents { try lines.append(contentOf: content) }
    expectSameLines(lines.bytes, stream.expected)
  }

  @Test(arguments: try RecordedStream.all)
  func `gives records that have the lines as their values`(stream: RecordedStream) throws {
    var options = JSONLineFormat.Options()
    options.recordsTransactions = true
    var lines = RecordedLines(options, keepsRecords: true)
    for content in try stream.contents { try lines.append(contentOf: content) }
    expectSameLines(lines.bytes, stream.expected)
  }

  @Test(arguments: try RecordedStream.all)
  func `holds every kind of message that its server has`(stream: RecordedStream) throws {
    var kinds: Set<Character> = []
    for content in try stream.contents {
      guard let (_, payload) = try RecordedLines.message(in: content) else { continue }
      kinds.insert(Character(Unicode.Scalar(payload[0])))
    }
    #expect(kinds == Set(stream.name == "pg13-v1" ? "BCORYIUDT" : "BCORYIUDTM"))
  }

  @Test(arguments: try RecordedStream.all)
  func `gives the same lines however its bytes are cut into pieces`(stream: RecordedStream) throws {
    let frames = stream.recording.frames
    for size in [frames.count, 1, 2, 3, 7, 64, 1000, 4096] {
      var decoder = FrameDecoder()
      decoder.believesLongMessages = true
      var lines = RecordedLines()
      for start in stride(from: 0, to: frames.count, by: size) {
        decoder.append(frames[start..<min(start + size, frames.count)])
        while let content = try decoder.next({ tag, body in body.indices.map { body[$0] } }) {
          try lines.append(contentOf: content)
        }
      }
      #expect(decoder.pendingCount == 0)
      expectSameLines(lines.bytes, stream.expected)
    }
  }

  @Test(arguments: try RecordedStream.all)
  func `a message that is cut off anywhere is an error and does no harm`(
    stream: RecordedStream
  ) throws {
    var lines = RecordedLines()
    var accepted: [String] = []
    for content in try stream.contents {
      guard let (start, payload) = try RecordedLines.message(in: content) else { continue }
      let soFar = lines.bytes.count
      for count in 0..<payload.count {
        let isError = throwsError {
          try lines.append(payload.span.extracting(first: count), at: start)
        }
        if !isError { accepted.append("\(payload[0]) cut to \(count) of \(payload.count)") }
      }
      let longer = payload + [0]
      if !throwsError({ try lines.append(longer.span, at: start) }) {
        accepted.append("\(payload[0]) with a byte more")
      }
      #expect(lines.bytes.count == soFar)
      try lines.append(payload.span, at: start)
    }
    #expect(accepted == [])
    expectSameLines(lines.bytes, stream.expected)
  }

  @Test(arguments: try RecordedStream.all)
  func `a frame that is cut off anywhere waits for the rest`(stream: RecordedStream) throws {
    for content in try stream.contents {
      let frame = Recording.frame(content)
      for count in 0..<frame.count where count < 64 || count % 61 == 0 || count == frame.count - 1 {
        var decoder = FrameDecoder()
        decoder.believesLongMessages = true
        decoder.append(frame[..<count])
        try #require(try decoder.next { _, _ in true } == nil)
        decoder.append(frame[count...])
        try #require(try decoder.next { tag, body in body.count } == content.count)
      }
    }
  }

  @Test(arguments: try RecordedStream.all)
  func `a file that is cut off is no recording`(stream: RecordedStream) throws {
    let header = stream.file.count - stream.recording.frames.count
    var boundaries: Set = [header]
    for content in try stream.contents {
      boundaries.insert((boundaries.max() ?? 0) + Recording.frame(content).count)
    }
    #expect(boundaries.contains(stream.file.count))
    for count in 0..<stream.file.count where count < 1000 || count % 101 == 0 {
      let isError = throwsError { _ = try Recording(Array(stream.file[..<count])) }
      try #require(isError == !boundaries.contains(count), "cut to \(count) bytes")
    }
  }

  @Test(arguments: try RecordedStream.all)
  func `damaged bytes are never more than an error`(stream: RecordedStream) throws {
    var random = RepeatableGenerator(seed: 42)
    var lines = RecordedLines()
    var errors = 0
    for content in try stream.contents {
      guard let (start, payload) = try RecordedLines.message(in: content) else { continue }
      for _ in 0..<25 {
        var damaged = payload
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          let index = Int.random(in: 0..<min(damaged.count, 400), using: &random)
          damaged[index] =
            [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)]
            .randomElement(using: &random) ?? 0
        }
        // On a copy: a relation that was understood, but differs, is believed.
        var copy = lines
        if throwsError({ try copy.append(damaged.span, at: start) }) { errors += 1 }
      }
      try lines.append(payload.span, at: start)
    }
    #expect(errors > 0)
    expectSameLines(lines.bytes, stream.expected)
  }

  /// Names the first line that differs, so that nobody has to look for it.
  private func expectSameLines(_ found: [UInt8], _ expected: [UInt8]) {
    guard found != expected else { return }
    let found = found.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let expected = expected.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (number, (one, other)) in zip(found, expected).enumerated() where one != other {
      Issue.record(
        """
        line \(number + 1) is \(String(decoding: one, as: UTF8.self))
        and not \(String(decoding: other, as: UTF8.self))
        """)
      return
    }
    Issue.record("\(found.count) lines, not \(expected.count)")
  }

  private func throwsError(_ body: () throws -> Void) -> Bool {
    do {
      try body()
      return false
    } catch {
      return true
    }
  }
}
