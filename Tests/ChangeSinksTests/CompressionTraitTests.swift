#if Compression
  import CReplicationZlib
  import ChangeCompression
  import ChangeFormats
  import ChangeSinks
  import Foundation
  import ReplicationCore
  import ReplicationTestKit
  import Testing

  /// Files that zlib has compressed.
  @Suite(.timeLimit(.minutes(10))) struct CompressionTraitTests {
    private struct Unreadable: Error {
      let words: String
    }

    /// What zlib reads in a file; all of it must be whole.
    private static func content(_ path: String) throws -> Data {
      guard let file = unsafe gzopen(path, "rb") else { throw Unreadable(words: path) }
      var content = Data()
      let room = 1 << 16
      var piece = [UInt8](repeating: 0, count: room)
      var count = room
      while count > 0 {
        count = unsafe Int(gzread(file, &piece, UInt32(room)))
        if count > 0 { content.append(contentsOf: piece[..<count]) }
      }
      let status = unsafe gzclose(file)
      guard count == 0, status == Z_OK else { throw Unreadable(words: "\(path): \(status)") }
      return content
    }

    /// What the program gzip reads in a file.
    private static func contentByProgram(_ path: String) throws -> Data {
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = ["gzip", "-dc", path]
      let output = Pipe()
      process.standardOutput = output
      try process.run()
      let content = try output.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      guard process.terminationStatus == 0 else {
        throw Unreadable(words: "gzip: \(process.terminationStatus)")
      }
      return content
    }

    private static func compressed(_ bytes: [UInt8], level: Int) throws -> [UInt8] {
      try GzipCompressor(level: level).compress(bytes.span)
    }

    @Test(arguments: [0, 1, 1000, 1 << 20], [1, 6, 9])
    func `pieces one behind another are a file`(count: Int, level: Int) throws {
      let files = try LineFiles()
      let path = files.path("gz")
      // Random bytes become larger, and repeated ones small.
      var random = SystemRandomNumberGenerator()
      let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      let same = [UInt8](repeating: 7, count: count)
      let pieces = [
        try Self.compressed(noise, level: level), try Self.compressed(same, level: level),
      ]
      if count > 1000 { #expect(pieces[1].count < count / 100) }
      try Data(pieces[0] + pieces[1]).write(to: URL(filePath: path))
      let expected = Data(noise + same)
      #expect(try Self.content(path) == expected)
      #expect(try Self.contentByProgram(path) == expected)
      #expect(GzipCompressor(level: 0).level == 1 && GzipCompressor(level: 10).level == 9)
    }

    @Test func `every change is in the files once, and the rest is cut off`() async throws {
      let (database, files) = (try FileSinkTests.database(), try LineFiles())
      try await FileSinkTests.run(database, into: files.sink(compressor: GzipCompressor()))
      let path = files.path("0000000001.gz")
      #expect(try files.segments() == [path])
      let size = try files.size(of: path)
      // The beginning of a piece.
      let piece = try Self.compressed(Array("{\"kind\":\"begin\"}\n".utf8), level: 6)
      let handle = try #require(FileHandle(forWritingAtPath: path))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data(piece.dropLast(5)))
      try handle.close()
      #expect(throws: Unreadable.self) { try Self.contentByProgram(path) }
      _ = try await files.sink(compressor: GzipCompressor()).open(slot: "test_slot")
      #expect(try files.size(of: path) == size)
      try FileSinkTests.change(database)
      try await FileSinkTests.run(
        database, into: files.sink(compressor: GzipCompressor()) { $0.maxSegmentBytes = 400 })
      #expect(try files.segments().count > 1)
      let expected = try await FileSinkTests.expected()
      #expect(try files.lines(content: Self.content) == expected)
      #expect(try files.lines(content: Self.contentByProgram) == expected)
    }
  }
#endif
