import Foundation
import PGOutput
import PGWire
import ReplicationTestKit
import Testing

@testable import ChangeFormats

/// Aborts of transactions that were never streamed, as PostgreSQL 18.6 has sent them.
@Suite struct StrayAbortTests {
  @Test(arguments: ["v1", "v2-on", "v4-parallel"])
  func `a stray abort is ignored, whatever was asked for`(name: String) throws {
    let folder = URL(filePath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Fixtures/pgoutput/pg18-strays")
    let file = Array(try Data(contentsOf: folder.appending(path: "\(name).rec")))
    var contents: [[UInt8]] = []
    try Recording(file).forEachFrame { content in
      contents.append(content.indices.map { content[$0] })
    }
    var lines = RecordedLines()
    var decoder = PgOutputDecoder()
    var ignored = 0
    for (start, payload) in try contents.compactMap({ try RecordedLines.message(in: $0) }) {
      try lines.append(payload.span, at: start)
      let isIgnored = try decoder.decode(payload.span, at: start) { message in
        if case .ignored(.streamAbort) = message { true } else { false }
      }
      if isIgnored { ignored += 1 }
      if payload[0] == UInt8(ascii: "A") {
        #expect(isIgnored && payload.count == (name == "v4-parallel" ? 25 : 9))
      }
    }
    #expect(ignored == 2)
    let expected = try String(
      contentsOf: folder.appending(path: "\(name).jsonl"), encoding: .utf8)
    #expect(String(decoding: lines.bytes, as: UTF8.self) == expected)
    let inserts = expected.split(separator: "\n").filter { $0.contains(#""kind":"insert""#) }
    #expect(inserts.count == 2 && inserts[1].contains(#""id":4,"name":"after""#))
  }
}
