import PGOutput
import PGWire
import ReplicationCore
import Testing

@testable import ChangeFormats

/// The lines of a snapshot's rows.
@Suite struct SnapshotLineTests {
  private let relation = Relation(
    oid: 7, namespace: "s", name: "t\"1", replicaIdentity: .default,
    columns: [
      .init(name: "id", isKey: true, typeOID: 23, typeModifier: -1, typeName: nil),
      .init(name: "name", isKey: false, typeOID: 25, typeModifier: -1, typeName: nil),
    ])

  private func lines(_ data: [UInt8], isBinary: Bool) throws -> String {
    let format = CopyFormat(isBinary: isBinary, columnCount: 2)
    var parser = CopyRowParser(format)
    let tuples = CopiedTuples(try parser.take(data), format)
    var lines = JSONLineFormat()
    var output = OutputBuffer()
    try tuples.forEach { tuple throws(FormatError) in
      try lines.append(
        snapshot: tuple, of: relation, at: LSN(rawValue: 0x1_0000_001F), to: &output)
    }
    return output.text
  }

  @Test func `text and binary give the same lines`() throws {
    let expected =
      #"{"kind":"snapshot","lsn":"1/1F","schema":"s","table":"t\"1","new":{"id":-1,"name":"a\tb"}}"#
      + "\n"
      + #"{"kind":"snapshot","lsn":"1/1F","schema":"s","table":"t\"1","new":{"id":2,"name":null}}"#
      + "\n"
    #expect(try lines(Array("-1\ta\\tb\n2\t\\N\n".utf8), isBinary: false) == expected)
    let binary: [UInt8] =
      Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0, 0] + [
        0, 2, 0, 0, 0, 4, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 3, 0x61, 0x09, 0x62, 0, 2, 0, 0, 0, 4, 0,
        0, 0, 2, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
      ]
    #expect(try lines(binary, isBinary: true) == expected)
  }

  @Test func `a value that is none of its type leaves nothing behind`() {
    #expect(throws: FormatError.self) { try lines(Array("x\ta\n".utf8), isBinary: false) }
  }
}
