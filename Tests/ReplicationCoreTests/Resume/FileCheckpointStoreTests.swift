import CDCTime
import Foundation
import PGWire
import Testing

@testable import ReplicationCore

/// A checkpoint in a file.
@Suite struct FileCheckpointStoreTests {
  private static let whole: Checkpoint = {
    var whole = Checkpoint(
      position: LSN(rawValue: 0x1_0000_ABCD), systemID: "7480000000000000001", timeline: 3,
      slot: "orders")
    whole.slotState.databaseOID = 5
    whole.slotState.plugin = "pgoutput"
    whole.slotState.restartLSN = LSN(rawValue: 77)
    whole.slotState.sentBytes = 1234
    whole.userData = Array("a\n\u{0}b".utf8)
    whole.transactionEnd = LSN(rawValue: 0x1_0000_ABC0)
    whole.isFromStandby = true
    whole.lastTransaction = TransactionMark(
      xid: 742, time: PostgresTimestamp(microseconds: -5), selection: .max)
    whole.snapshot = .finished
    whole.serverVersion = 18
    return whole
  }()

  private func inDirectory(_ body: (String) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try await body(directory.path)
  }

  @Test func `keeps what it is given`() async throws {
    try await inDirectory { directory in
      let store = FileCheckpointStore(path: directory + "/checkpoint")
      #expect(try await store.load() == nil)
      try await store.save(Self.whole)
      #expect(try await store.load() == Self.whole)
      var bare = Self.whole
      bare.slotState = Checkpoint.SlotState()
      bare.userData = []
      bare.transactionEnd = nil
      bare.isFromStandby = false
      bare.lastTransaction = nil
      bare.snapshot = nil
      bare.serverVersion = nil
      try await store.save(bare)
      #expect(try await store.load() == bare)
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["checkpoint"])
    }
  }

  @Test func `a file that is cut anywhere, or altered anywhere, is an error`() async throws {
    let bytes = try Self.whole.encoded()
    #expect(try Checkpoint(encoded: bytes) == Self.whole)
    for count in 0..<bytes.count {
      #expect(throws: ReplicationError.self) { try Checkpoint(encoded: Array(bytes[..<count])) }
    }
    for index in bytes.indices {
      var altered = bytes
      altered[index] ^= 1
      #expect(throws: ReplicationError.self) { try Checkpoint(encoded: altered) }
    }
    #expect(throws: ReplicationError.self) { try Checkpoint(encoded: bytes + [10]) }
  }

  @Test func `readers that know nothing of snapshots don't take an unfinished one for a start`()
    throws
  {
    for stage in [nil, .announced, .reading, .finished, .notMade] as [SnapshotStage?] {
      var checkpoint = Self.whole
      checkpoint.snapshot = stage
      let bytes = try checkpoint.encoded()
      #expect(try Checkpoint(encoded: bytes) == checkpoint)
      let version = stage == .announced || stage == .reading ? "2" : "1"
      let first = String(decoding: bytes, as: UTF8.self).prefix { $0 != "\n" }
      #expect(first == "swift-postgres-replication checkpoint \(version)")
    }
  }

  /// A server says the system identifier and the plugin; neither may add a line.
  @Test(arguments: ["\n", "\r", "\r\n", "\u{0}", "\u{85}", "\u{2028}", "\u{2029}", "\u{202E}"])
  func `a value with a line break in it is not written`(_ separator: String) throws {
    let forged = "7\(separator)position FFFFFFFF/FFFFFFFF\(separator)slot other"
    var checkpoint = Self.whole
    checkpoint.systemID = forged
    let error = #expect(throws: ReplicationError.self) { try checkpoint.encoded() }
    #expect("\(try #require(error))".contains("\"system\" contains a line break"))
    checkpoint = Self.whole
    checkpoint.slotState.plugin = forged
    #expect(throws: ReplicationError.self) { try checkpoint.encoded() }
    checkpoint = Self.whole
    checkpoint.slot = forged
    #expect(throws: ReplicationError.self) { try checkpoint.encoded() }
  }

  @Test func `spaces and marks stay where they are`() throws {
    var checkpoint = Self.whole
    for value in ["", " ", " a  b ", "\u{301}combining", "käse"] {
      checkpoint.slotState.plugin = value
      #expect(try Checkpoint(encoded: checkpoint.encoded()) == checkpoint)
    }
  }

  /// With a checksum that fits: only a wrong program writes such a file.
  @Test(arguments: [
    "slot other", "position 0/1", "sent x", "since 99999999999999999999", "recovery 2",
    "restart 1", "database -1", "data ?", "", " x",
  ])
  func `a line that is there twice, or can't be read, is an error`(_ line: String) throws {
    var bare = Self.whole
    bare.slotState = Checkpoint.SlotState()
    bare.userData = []
    bare.isFromStandby = false
    let text = String(decoding: try bare.encoded(), as: UTF8.self)
    let body = String(text[..<(try #require(text.range(of: "sha256 ")).lowerBound)])
    func signed(_ body: String) throws -> [UInt8] {
      let sum = try Digest.sha256(Array(body.utf8).span)
      let hex = sum.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
      return Array((body + "sha256 \(hex)\n").utf8)
    }
    #expect(try Checkpoint(encoded: signed(body)) == bare)
    #expect(throws: ReplicationError.self) { try Checkpoint(encoded: signed(body + line + "\n")) }
  }

  @Test func `an empty or a foreign file is never a fresh start`() async throws {
    try await inDirectory { directory in
      for text in ["", "hello\n", "swift-postgres-replication checkpoint 2\n"] {
        let path = directory + "/checkpoint"
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        let error = await #expect(throws: ReplicationError.self) {
          try await FileCheckpointStore(path: path).load()
        }
        #expect("\(try #require(error))".contains("remove it to start over"))
      }
    }
  }

  @Test func `what can't be written is an error that names it`() async throws {
    let store = FileCheckpointStore(path: "/nowhere/at/all/checkpoint")
    let error = await #expect(throws: ReplicationError.self) { try await store.save(Self.whole) }
    #expect("\(try #require(error))".contains("/nowhere/at/all/checkpoint.new: create: No such"))
  }

  /// The process that saves may be killed at any instant: what is there then is whole.
  @Test func `a new file that was not finished is nothing`() async throws {
    try await inDirectory { directory in
      let path = directory + "/checkpoint"
      let store = FileCheckpointStore(path: path)
      try await store.save(Self.whole)
      try "swift-postg".write(toFile: path + ".new", atomically: false, encoding: .utf8)
      #expect(try await store.load() == Self.whole)
      try await store.save(Self.whole)
      #expect(try await store.load() == Self.whole)
    }
  }
}
