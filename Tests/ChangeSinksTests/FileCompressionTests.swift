import ChangeFormats
import ChangeSinks
import Foundation
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

/// Files of pieces that are compressed by themselves; what zlib makes of them is in
/// `CompressionTraitTests`.
@Suite(.timeLimit(.minutes(10))) struct FileCompressionTests {
  @Test(arguments: [1 << 30, 600])
  func `each line is in whole pieces once, whatever fails`(segmentBytes: Int) async throws {
    let expected = try await FileSinkTests.expected()
    let count = try await forEachFault { faults in
      let (database, files) = (try FileSinkTests.database(), try LineFiles())
      database.faults = faults
      func runOnce() async throws {
        let sink = files.sink(compressor: PieceCompressor()) { $0.maxSegmentBytes = segmentBytes }
        try await FileSinkTests.run(database, into: FaultySink(sink: sink, faults: faults))
      }
      try await faults.restarting { try await runOnce() }
      try FileSinkTests.change(database)
      try await faults.restarting { try await runOnce() }
      let lines = try files.lines(content: PieceCompressor.content)
      #expect(lines == expected, "\(faults.injected.debugDescription)")
    }
    #expect(count > 30)
  }

  @Test func `a piece that was not recorded is cut off`() async throws {
    let (database, files) = (try FileSinkTests.database(), try LineFiles())
    try await FileSinkTests.run(database, into: files.sink(compressor: PieceCompressor()))
    let path = files.path("0000000001.piece")
    #expect(try files.segments() == [path])
    let size = try files.size(of: path)
    try files.append("\u{2}{\"kind\":\"begin\",\"x", to: path)
    _ = try await files.sink(compressor: PieceCompressor()).open(slot: "test_slot")
    #expect(try files.size(of: path) == size)
    try FileSinkTests.change(database)
    try await FileSinkTests.run(database, into: files.sink(compressor: PieceCompressor()))
    let expected = try await FileSinkTests.expected()
    #expect(try files.lines(content: PieceCompressor.content) == expected)
  }

  @Test func `the bytes of a file are those on the disk`() async throws {
    let (database, files) = (try FileSinkTests.database(), try LineFiles())
    // Each batch takes 100000 bytes more, so that the first one fills a file.
    struct Padded: SegmentCompressor {
      var fileExtension: String { "padded" }
      func compress(_ bytes: Span<UInt8>) throws(SinkError) -> [UInt8] {
        var piece = [UInt8](repeating: UInt8(ascii: "\n"), count: 100_000)
        for index in bytes.indices { piece.append(bytes[index]) }
        return piece
      }
    }
    try FileSinkTests.change(database)
    try await FileSinkTests.run(
      database, into: files.sink(compressor: Padded()) { $0.maxSegmentBytes = 100_000 })
    #expect(try files.segments().count >= 3)
    let expected = try await FileSinkTests.expected()
    #expect(try files.lines() == expected)
  }

  @Test func `files that are compressed otherwise are refused`() async throws {
    let (database, files) = (try FileSinkTests.database(), try LineFiles())
    try await FileSinkTests.run(database, into: files.sink(compressor: PieceCompressor()))
    let plain = try #require(try await FileSinkTests.refusal(files.sink()))
    #expect(plain.category == .fatal && plain.reason.contains("0000000001.piece"), "\(plain)")
    #expect(try await FileSinkTests.refusal(files.sink(compressor: PieceCompressor())) == nil)
    let others = try LineFiles()
    try await FileSinkTests.run(try FileSinkTests.database(), into: others.sink())
    let packed = try #require(
      try await FileSinkTests.refusal(others.sink(compressor: PieceCompressor())))
    #expect(packed.category == .fatal, "\(packed)")
    #expect(packed.reason.contains("compress them as before"), "\(packed)")
  }

  @Test(arguments: ["0000000001", "0000000001.piece", "0000000007.piece"])
  func `without a state, lines of any compression and number are refused`(
    name: String
  ) async throws {
    let files = try LineFiles()
    for compressor in [PieceCompressor(), nil] {
      _ = FileManager.default.createFile(atPath: files.path(name), contents: Data("{}\n".utf8))
      let error = try #require(
        try await FileSinkTests.refusal(files.sink(compressor: compressor)))
      #expect(error.category == .fatal && error.reason.contains("\(name) has lines"), "\(error)")
      // An empty one is what a process leaves that was killed at the beginning.
      try files.truncate(files.path(name), to: 0)
    }
    #expect(try await FileSinkTests.refusal(files.sink()) == nil)
  }
}
