import ChangeFormats
import ChangeSinks
import Foundation
import PGOutput
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

/// Files as they are, and the connector and the subscription too; the server is in memory.
@Suite(.timeLimit(.minutes(10))) struct FileSinkTests {
  static func database() throws -> TestDatabase {
    let table = TestTable("notes", columns: [.key("id", .int8), .column("words", .text)])
    let database = TestDatabase([table])
    try database.commit { changes in
      for id in 1...5 { try changes.insert(into: "notes", ["id": .init(id), "words": "old"]) }
    }
    return database
  }

  /// Several transactions, one of which is larger than a batch.
  static func change(_ database: TestDatabase) throws {
    try database.commit { changes in
      try changes.update("notes", where: ["id": 3], set: ["words": "new"])
    }
    try database.commit { changes in
      for id in 100..<130 {
        try changes.insert(into: "notes", ["id": .init(id), "words": "many"])
      }
    }
    try database.commit { changes in try changes.delete(from: "notes", where: ["id": 100]) }
  }

  /// Runs a connector up to what is committed by now.
  static func run(
    _ database: TestDatabase, into sink: some ChangeSink, bytes: Int = 300
  ) async throws {
    var params = try database.parameters()
    params.stopAt = database.currentLSN
    var options = ConnectorOptions()
    options.subscription = .impatient
    options.limits.bytes = bytes
    options.retry = ReconnectPolicy(
      initialInterval: .milliseconds(1), longestInterval: .milliseconds(2))
    try await Connector(params, into: sink, options: options).run()
  }

  /// What a run without any fault writes.
  static func expected() async throws -> [LineFiles.Line] {
    let (database, files) = (try database(), try LineFiles())
    try change(database)
    try await run(database, into: files.sink())
    return try files.lines()
  }

  /// Why the files can't be opened.
  static func refusal(
    _ sink: FileSink<JSONLineFormat>, slot: String = "test_slot"
  ) async throws -> SinkError? {
    do {
      _ = try await sink.open(slot: slot)
      await sink.close()
      return nil
    } catch let error as SinkError {
      return error
    }
  }

  @Test func `every change is a line`() async throws {
    let lines = try await Self.expected()
    #expect(lines.map(\.kind).filter { $0 == "insert" }.count == 35)
    #expect(lines.first?.kind == "begin" && lines.last?.kind == "commit")
    #expect(Set(lines).count == lines.count)
  }

  @Test(arguments: [1 << 30, 600])
  func `each line is in the files once, whatever fails`(segmentBytes: Int) async throws {
    let expected = try await Self.expected()
    let count = try await forEachFault { faults in
      let (database, files) = (try Self.database(), try LineFiles())
      database.faults = faults
      func runOnce() async throws {
        let sink = files.sink { $0.maxSegmentBytes = segmentBytes }
        try await Self.run(database, into: FaultySink(sink: sink, faults: faults))
      }
      try await faults.restarting { try await runOnce() }
      try Self.change(database)
      try await faults.restarting { try await runOnce() }
      #expect(try files.lines() == expected, "\(faults.injected.debugDescription)")
    }
    #expect(count > 30)
  }

  @Test func `what was not recorded is cut off`() async throws {
    let (database, files) = (try Self.database(), try LineFiles())
    try await Self.run(database, into: files.sink())
    let path = files.path("0000000001")
    let size = try files.size(of: path)
    try files.append("{\"kind\":\"begin\",\"x", to: path)
    // Of a process that was killed before it has recorded its next file.
    _ = FileManager.default.createFile(
      atPath: files.path("0000000002"), contents: Data("{}\n".utf8))
    _ = try await files.sink().open(slot: "test_slot")
    #expect(try files.size(of: path) == size)
    #expect(try files.segments() == [path])
    try Self.change(database)
    try await Self.run(database, into: files.sink())
    let expected = try await Self.expected()
    #expect(try files.lines() == expected)
  }

  @Test func `a file ends between transactions`() async throws {
    let (database, files) = (try Self.database(), try LineFiles())
    try Self.change(database)
    try await Self.run(database, into: files.sink { $0.maxSegmentBytes = 400 })
    let segments = try files.segments()
    #expect(segments.count > 2)
    for segment in segments.dropLast() {
      let lines = try files.lines(of: segment)
      #expect(lines.first?.kind == "begin" && lines.last?.kind == "commit")
      #expect(try files.size(of: segment) >= 400)
    }
    let expected = try await Self.expected()
    #expect(try files.lines() == expected)
  }

  @Test func `a file has an age`() async throws {
    let (database, files) = (try Self.database(), try LineFiles())
    try await Self.run(database, into: files.sink { $0.maxSegmentAge = .seconds(3600) })
    try Self.change(database)
    try await Self.run(database, into: files.sink { $0.maxSegmentAge = .seconds(3600) })
    #expect(try files.segments().count == 1)
    try database.commit { changes in try changes.delete(from: "notes", where: ["id": 101]) }
    try await Self.run(database, into: files.sink { $0.maxSegmentAge = .zero })
    let segments = try files.segments()
    #expect(segments.count >= 2)
    // The first one was old enough before anything else was written.
    let expected = try await Self.expected()
    #expect(try files.lines(of: segments[0]) == expected)
  }

  @Test func `files that have ended can be moved away, and the last one can't`() async throws {
    let (database, files) = (try Self.database(), try LineFiles())
    try Self.change(database)
    try await Self.run(database, into: files.sink { $0.maxSegmentBytes = 400 })
    var segments = try files.segments()
    for segment in segments.dropLast() { try FileManager.default.removeItem(atPath: segment) }
    #expect(try await Self.refusal(files.sink()) == nil)
    try database.commit { changes in try changes.delete(from: "notes", where: ["id": 101]) }
    try await Self.run(database, into: files.sink())
    segments = try files.segments()
    let last = try #require(segments.last)
    try FileManager.default.removeItem(atPath: last)
    let error = try #require(try await Self.refusal(files.sink()))
    #expect(error.category == .fatal && error.reason.contains("lines are lost"), "\(error)")
  }

  @Test func `a file that is too short is refused, and left as it is`() async throws {
    let (database, files) = (try Self.database(), try LineFiles())
    try await Self.run(database, into: files.sink())
    let path = files.path("0000000001")
    let size = try files.size(of: path)
    try files.truncate(path, to: size - 1)
    let error = try #require(try await Self.refusal(files.sink()))
    #expect(error.category == .fatal && error.reason.contains("lines are lost"), "\(error)")
    #expect(try files.size(of: path) == size - 1)
  }

  @Test func `what is recorded has to be there, whole, and of this slot`() async throws {
    let (database, files) = (try Self.database(), try LineFiles())
    try await Self.run(database, into: files.sink())
    let state = files.path("state")
    let text = try String(contentsOfFile: state, encoding: .utf8)
    let other = try #require(try await Self.refusal(files.sink(), slot: "other"))
    #expect(other.reason.contains("is of slot \"test_slot\""), "\(other)")
    for (content, words) in [
      (String(text.dropLast(3)), "it is damaged"),
      (text.replacingOccurrences(of: "segment 1", with: "segment 2"), "it is damaged"),
      (text.replacingOccurrences(of: "files 1", with: "files 9"), "it is damaged"),
      ("something else\n", "another program"), (nil, "is missing"),
    ] as [(String?, String)] {
      try FileManager.default.removeItem(atPath: state)
      if let content { try content.write(toFile: state, atomically: false, encoding: .utf8) }
      let error = try #require(try await Self.refusal(files.sink()))
      #expect(error.category == .fatal && error.reason.contains(words), "\(error)")
      if content == nil { try text.write(toFile: state, atomically: false, encoding: .utf8) }
    }
    #expect(try await Self.refusal(files.sink()) == nil)
  }

  @Test func `a state that is older than the files is refused`() async throws {
    let (database, files) = (try Self.database(), try LineFiles())
    try await Self.run(database, into: files.sink())
    let old = try Data(contentsOf: URL(filePath: files.path("state")))
    try Self.change(database)
    try await Self.run(database, into: files.sink { $0.maxSegmentBytes = 100 })
    let lines = try files.lines()
    #expect(try files.segments().count > 2)
    try old.write(to: URL(filePath: files.path("state")))
    let error = try #require(try await Self.refusal(files.sink()))
    #expect(error.category == .fatal && error.reason.contains("an old one"), "\(error)")
    #expect(try files.lines() == lines)
  }

  @Test func `a second process is refused`() async throws {
    let files = try LineFiles()
    let (first, second) = (files.sink(), files.sink())
    _ = try await first.open(slot: "test_slot")
    let error = try #require(try await Self.refusal(second))
    #expect(error.category == .transient && error.reason.contains("another process"), "\(error)")
    // It may open them again itself.
    _ = try await first.open(slot: "test_slot")
    await first.close()
    #expect(try await Self.refusal(second) == nil)
  }

  @Test func `only the owner can read the files`() async throws {
    let (database, files) = (try Self.database(), try LineFiles())
    try await Self.run(database, into: files.sink())
    for name in try FileManager.default.contentsOfDirectory(atPath: files.folder) {
      let attributes = try FileManager.default.attributesOfItem(atPath: files.folder + "/" + name)
      #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
    }
  }
}
