import ChangeFormats
import ChangeSinks
import Foundation
import Testing

/// The files of a file sink, in a folder of their own, which is removed afterwards.
final class LineFiles: Sendable {
  /// What a line is about, without its times.
  struct Line: Hashable {
    let kind: String
    let place: String
    let id: Int?
  }

  let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// A new sink for the files, as a new process has it.
  func sink(
    compressor: (any SegmentCompressor)? = nil, _ change: (inout FileSinkOptions) -> Void = { _ in }
  ) -> FileSink<JSONLineFormat> {
    var options = FileSinkOptions(path: folder + "/lines")
    change(&options)
    return FileSink(options, compressor: compressor, format: JSONLineFormat())
  }

  func path(_ suffix: String) -> String { "\(folder)/lines.\(suffix)" }

  /// The names of the files with lines, in their order.
  func segments() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      .filter { $0.hasPrefix("lines.0") }.map { "\(folder)/\($0)" }
  }

  /// The lines of all files, or of one.
  ///
  /// - Parameter content: What a file has, without its compression.
  func lines(
    of segment: String? = nil, content: (String) throws -> Data = LineFiles.content
  ) throws -> [Line] {
    var lines: [Line] = []
    for path in try segment.map({ [$0] }) ?? segments() {
      let text = try #require(String(data: try content(path), encoding: .utf8))
      #expect(text.isEmpty || text.hasSuffix("\n"))
      for line in text.split(separator: "\n") { lines.append(try Line(String(line))) }
    }
    return lines
  }

  static func content(_ path: String) throws -> Data {
    try Data(contentsOf: URL(filePath: path))
  }

  func append(_ text: String, to path: String) throws {
    let file = try #require(FileHandle(forWritingAtPath: path))
    defer { try? file.close() }
    try file.seekToEnd()
    try file.write(contentsOf: Data(text.utf8))
  }

  func truncate(_ path: String, to length: UInt64) throws {
    let file = try #require(FileHandle(forWritingAtPath: path))
    defer { try? file.close() }
    try file.truncate(atOffset: length)
  }

  func size(of path: String) throws -> UInt64 {
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size]
    return try #require((size as? NSNumber)?.uint64Value)
  }
}

extension LineFiles.Line {
  fileprivate init(_ text: String) throws {
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
    let line = try #require(object as? [String: Any])
    kind = try #require(line["kind"] as? String)
    place = (line["lsn"] ?? line["endLSN"] ?? line["commitLSN"]) as? String ?? ""
    let row = (line["new"] ?? line["old"]) as? [String: Any]
    id = row?["id"] as? Int
  }
}
