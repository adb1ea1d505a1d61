import Foundation
import PGOutput
import PGWire
import ReplicationTestKit
import Testing

@testable import ChangeFormats

/// A stream that a server has sent, and the lines that it gives: a folder of `Fixtures/pgoutput`.
struct RecordedStream: Sendable, CustomTestStringConvertible {
  let name: String
  /// The whole file.
  let file: [UInt8]
  let recording: Recording
  /// What `pgcdc stream --format json` printed, which was checked by hand.
  let expected: [UInt8]

  var testDescription: String { name }

  private static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures/pgoutput")

  /// All that are there, the oldest server first.
  static var all: [RecordedStream] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { $0.hasSuffix("-v1") }.sorted().map { try RecordedStream($0) }
    }
  }

  private init(_ name: String) throws {
    let folder = Self.folder.appending(path: name)
    self.name = name
    file = Array(try Data(contentsOf: folder.appending(path: "stream.rec")))
    recording = try Recording(file)
    expected = Array(try Data(contentsOf: folder.appending(path: "expected.jsonl")))
  }

  /// The content of each `CopyData`, in order.
  var contents: [[UInt8]] {
    get throws {
      var contents: [[UInt8]] = []
      try recording.forEachFrame { content in
        contents.append(content.indices.map { content[$0] })
      }
      return contents
    }
  }
}

/// The lines of a stream, made from the contents of its `CopyData` messages.
struct RecordedLines {
  private var decoder = PgOutputDecoder()
  private var format: JSONLineFormat
  private var types = TypeCatalog()
  private let keepsRecords: Bool
  private(set) var bytes: [UInt8] = []

  /// - Parameter keepsRecords: Whether the lines are made of the values of records.
  init(
    _ options: JSONLineFormat.Options = JSONLineFormat.Options(), keepsRecords: Bool = false
  ) {
    format = JSONLineFormat(options: options)
    self.keepsRecords = keepsRecords
  }

  /// The plugin's message in the content of a `CopyData`; `nil` if it holds something else.
  static func message(in content: [UInt8]) throws -> (start: LSN, payload: [UInt8])? {
    try CopyBothFrame.decode(content.span) { frame in
      guard case .xLogData(let start, _, _, let payload) = frame else { return nil }
      return (start, payload.indices.map { payload[$0] })
    }
  }

  /// Appends the line of what a `CopyData` holds, if it has one.
  mutating func append(contentOf content: [UInt8]) throws {
    guard let (start, payload) = try Self.message(in: content) else { return }
    try append(payload.span, at: start)
  }

  /// Appends the line of a message of the plugin, if it has one.
  mutating func append(_ payload: Span<UInt8>, at lsn: LSN) throws(FormatError) {
    let xid = decoder.xid(of: payload)
    var announced: Relation?
    var output = OutputBuffer(keepsRecords: keepsRecords)
    defer {
      if let lines = output.linesOfRecords {
        bytes += lines
      } else {
        output.withBytes { written in bytes += written.copied() }
      }
    }
    try decoder.decode(payload, at: lsn, wrappingErrors: FormatError.decoding) {
      message throws(FormatError) in
      try format.append(message, at: lsn, provisionalIn: xid, to: &output)
      if case .relation(let relation) = message { announced = relation }
    }
    for entry in announced.map(RecordedTypes.entries) ?? [] where !types.contains(entry.name.oid) {
      types.insert(entry)
      format.types = types
    }
  }
}

extension OutputBuffer {
  /// The values of the records as lines; `nil` for a buffer of lines.
  ///
  /// A truncate of several tables, which is a record of each of them, is one line.
  fileprivate var linesOfRecords: [UInt8]? {
    guard keepsRecords else { return nil }
    var lines: [[UInt8]] = []
    forEachRecord { _, record in
      guard case .event(_, let value) = record else { return }
      let line = value.copied() + [UInt8(ascii: "\n")]
      if line != lines.last { lines.append(line) }
    }
    return lines.flatMap(\.self)
  }
}
