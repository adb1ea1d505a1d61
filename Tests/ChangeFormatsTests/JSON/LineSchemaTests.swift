import CDCTime
import Foundation
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

@testable import ChangeFormats
@testable import ReplicationCore

/// The schema of the lines, held against lines.
@Suite struct LineSchemaTests {
  typealias Encoder = PgOutputEncoder

  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static let document = Result {
    try JSONDocument(
      try Data(contentsOf: root.appending(path: "Documentation/json-lines.schema.json")))
  }

  private static var schema: JSONSchema { get throws { JSONSchema(try document.get()) } }

  /// The kinds of lines that the schema has.
  private static var kinds: Set<String> {
    get throws {
      Set(
        try document.get()["oneOf"]?.items?.compactMap { $0["properties"]?["kind"]?["const"]?.text }
          ?? [])
    }
  }

  private func expectFits(_ lines: some Collection<UInt8>) throws -> Set<String> {
    var kinds: Set<String> = []
    for line in lines.split(separator: UInt8(ascii: "\n")) {
      let document = try JSONDocument(line)
      let problems = try Self.schema.problems(document)
      #expect(problems == [], "\(String(decoding: line, as: UTF8.self))")
      kinds.insert(document["kind"]?.text ?? "")
    }
    return kinds
  }

  @Test func `every recorded line fits, and every kind of line is in the schema`() throws {
    let folder = Self.root.appending(path: "Fixtures/pgoutput")
    var found: Set<String> = []
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      let stream = folder.appending(path: name)
      guard name.contains("-v1") || name.contains("-stream") || name.contains("-strays") else {
        continue
      }
      for file in try FileManager.default.contentsOfDirectory(atPath: stream.path)
      where file.hasSuffix(".jsonl") {
        found.formUnion(try expectFits(try Data(contentsOf: stream.appending(path: file))))
      }
    }
    // Recordings have no snapshots and no connections that break.
    #expect(
      try Self.kinds.subtracting(found) == ["snapshot", "range", "range_end", "whole", "withdrawn"])
    #expect(try found.isSubset(of: Self.kinds))
  }

  @Test func `lines of snapshots fit, and those of a transaction that broke off`() throws {
    let relation = Relation(
      oid: 7, namespace: "s", name: "t", replicaIdentity: .default,
      columns: [.init(name: "id", isKey: true, typeOID: 20, typeModifier: -1)])
    let shape = KeyShape([
      KeyColumn(name: "id", type: KeyType(.builtin(.int8), comparesBytes: false))
    ])
    let lsn = LSN(rawValue: 0x1_0000_001F)
    let copy = CopyFormat(isBinary: false, columnCount: 1)
    var parser = CopyRowParser(copy)
    let tuples = CopiedTuples(try parser.take(Array("1\n\\N\n".utf8)), copy)
    var format = JSONLineFormat()
    var output = OutputBuffer()
    for range in [
      KeyRange.everything, KeyRange(start: KeyBound(.before, Key([.integer(-5)])), end: nil),
    ] {
      try format.begin(SnapshotKeyRange(range, shape), of: relation, at: lsn, to: &output)
      try tuples.forEach { tuple throws(FormatError) in
        try format.append(snapshot: tuple, of: relation, at: lsn, to: &output)
      }
      format.end(of: relation, at: lsn, to: &output)
    }
    format.append(WholeTable(oid: 7, namespace: "s", name: "t", position: lsn), to: &output)
    output.appendWithdrawn(742, lsn)
    output.endEvent()
    let bytes = output.withBytes { $0.copied() }
    #expect(
      try expectFits(bytes) == ["snapshot", "range", "range_end", "whole", "withdrawn"])
  }

  @Test func `changes that name their transaction fit, and are numbered`() throws {
    var options = JSONLineFormat.Options()
    options.namesTransaction = true
    let table = Encoder.relation(7, "t", [.key("id", 23), .init("big", 25)])
    var lines = try Lines(options: options, after: table)
    var all = ""
    for message in [
      Encoder.begin(finalLSN: 0x1A2_B3C4, time: 0, xid: 742), Encoder.insert(7, new: ["1", "x"]),
      Encoder.update(7, key: ["1", nil], new: ["2", .unchanged]),
      Encoder.delete(7, key: ["1", nil]), Encoder.truncate([7]),
      Encoder.message(transactional: true, lsn: 5, prefix: "p", content: [0xFF]),
      Encoder.commit(commitLSN: 0x1A2_B3C4, endLSN: 0x1A2_B3F0, time: 0),
      Encoder.message(transactional: false, lsn: 5, prefix: "p", content: []),
      Encoder.beginPrepare(743, gid: "g", prepareLSN: 0x1A2_B400, endLSN: 0x1A2_B410),
      Encoder.insert(7, new: ["3", "x"]),
      Encoder.prepared("P", 743, gid: "g", lsn: 0x1A2_B400, endLSN: 0x1A2_B410),
    ] {
      all += try lines.next(message)
    }
    _ = try expectFits(Array(all.utf8))
    let places = all.split(separator: "\n").map { line in
      line.firstMatch(of: /"xid":(\d+),"(commit|prepare)LSN":"0\/(\w+)","index":(\d+),"lsn"/).map {
        "\($0.1) \($0.2) \($0.3) \($0.4)"
      }
    }
    #expect(
      places == [
        nil, "742 commit 1A2B3C4 0", "742 commit 1A2B3C4 1", "742 commit 1A2B3C4 2",
        "742 commit 1A2B3C4 3", "742 commit 1A2B3C4 4", nil, nil, nil, "743 prepare 1A2B400 0",
        nil,
      ])
  }

  @Test func `a change that can't be written has no number`() throws {
    var options = JSONLineFormat.Options()
    options.namesTransaction = true
    var lines = try Lines(options: options, after: Encoder.relation(7, "t", [.key("id", 23)]))
    _ = try lines.next(Encoder.begin(finalLSN: 0x1A2_B3C4, time: 0, xid: 742))
    #expect(throws: FormatError.self) { try lines.next(Encoder.insert(7, new: ["x"])) }
    #expect(try lines.next(Encoder.insert(7, new: ["1"])).contains(#""index":0,"#))
    #expect(try lines.next(Encoder.insert(7, new: ["1"])).contains(#""index":1,"#))
  }

  @Test(
    arguments: [
      #"{"kind":"strange"}"#, #"{"kind":"stream_stop"}"#, #"{"kind":"stream_stop","xid":"5"}"#,
      #"{"kind":"stream_stop","xid":-1}"#, #"{"kind":"stream_stop","xid":5,"more":1}"#,
      #"{"kind":"stream_stop","xid":4294967296}"#, #"{"kind":"stream_stop","xid":1.5}"#,
      #"{"kind":"insert","lsn":"0/1","schema":"s","table":"t","new":null}"#,
      #"{"kind":"insert","lsn":"0/01","schema":"s","table":"t","new":{}}"#,
      #"{"kind":"insert","lsn":"0/g","schema":"s","table":"t","new":{}}"#,
      #"{"kind":"insert","provisional":true,"lsn":"0/1","schema":"s","table":"t","new":{}}"#,
      #"{"kind":"insert","xid":1,"index":0,"commitLSN":"0/1","schema":"s","table":"t","new":{}}"#,
      #"{"kind":"delete","lsn":"0/1","schema":"s","table":"t","identity":"none","old":{}}"#,
      #"{"kind":"truncate","lsn":"0/1","relations":[],"cascade":false,"restartIdentity":false}"#,
      #"{"kind":"message","lsn":"0/1","transactional":1,"prefix":"","content":""}"#, "[]", "null",
    ])
  func `what is no line doesn't fit`(line: String) throws {
    #expect(try Self.schema.problems(JSONDocument(Array(line.utf8))) != [])
  }

  @Test func `a keyword that the test doesn't know is an error`() throws {
    let schema = JSONSchema(.object(["maxLength": .integer(1)]))
    #expect(throws: JSONSchema.UnknownKeyword.self) { try schema.problems(.string("x")) }
  }
}
