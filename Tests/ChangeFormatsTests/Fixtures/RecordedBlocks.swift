import Foundation
import PGOutput
import PGWire
import ReplicationTestKit
import Testing

@testable import ChangeFormats

/// A stream with transactions in blocks or prepared, as a server has sent it.
///
/// A folder `pgVERSION-streams` holds one for each way to ask for the same history.
struct RecordedBlocks: Sendable, CustomTestStringConvertible {
  let version: Int
  /// What was asked for: `v4-parallel-two-phase-binary`.
  let name: String
  let recording: Recording
  private let folder: URL

  var testDescription: String { "pg\(version) \(name)" }
  var isBinary: Bool { name.hasSuffix("-binary") }
  var isParallel: Bool { name.contains("parallel") }
  var isStreamed: Bool { isParallel || name.contains("-on") }
  var isTwoPhase: Bool { name.contains("two-phase") }

  private static let parent = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures/pgoutput")

  /// All that are there.
  static var all: [RecordedBlocks] {
    get throws {
      try (13...19).flatMap { version in
        let folder = parent.appending(path: "pg\(version)-streams")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
          .filter { $0.hasSuffix(".rec") }
          .map { try RecordedBlocks(version, String($0.dropLast(4)), in: folder) }
      }
    }
  }

  private init(_ version: Int, _ name: String, in folder: URL) throws {
    self.version = version
    self.name = name
    self.folder = folder
    recording = try Recording(Array(try Data(contentsOf: folder.appending(path: "\(name).rec"))))
  }

  /// Another recording of the same history.
  func sibling(_ name: String) throws -> RecordedBlocks {
    try RecordedBlocks(version, name, in: folder)
  }

  /// What `pgcdc stream --format json` printed, which was checked by hand.
  ///
  /// Values in binary give the same lines as those in text.
  var expected: [String] {
    get throws {
      let name = isBinary ? String(name.dropLast("-binary".count)) : name
      let file = folder.appending(path: "\(name).jsonl")
      return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
    }
  }

  /// The plugin's messages, in order.
  var messages: [(start: LSN, payload: [UInt8])] {
    get throws {
      var contents: [[UInt8]] = []
      try recording.forEachFrame { content in
        contents.append(content.indices.map { content[$0] })
      }
      return try contents.compactMap { try RecordedLines.message(in: $0) }
    }
  }
}
