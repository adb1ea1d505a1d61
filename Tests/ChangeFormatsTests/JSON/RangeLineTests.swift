import PGOutput
import PGWire
import Testing

@testable import ChangeFormats
@testable import ReplicationCore

/// The lines that say which ranges of tables were read.
@Suite struct RangeLineTests {
  private let relation = Relation(
    oid: 7, namespace: "s", name: "t\"1", replicaIdentity: .default,
    columns: [
      .init(name: "note", isKey: false, typeOID: 25, typeModifier: -1, typeName: nil),
      .init(name: "id", isKey: true, typeOID: 20, typeModifier: -1, typeName: nil),
      .init(name: "part", isKey: true, typeOID: 25, typeModifier: -1, typeName: nil),
    ])
  private let shape = KeyShape([
    KeyColumn(name: "id", type: KeyType(.builtin(.int8), comparesBytes: false)),
    KeyColumn(name: "part", type: KeyType(.builtin(.text), comparesBytes: true)),
  ])
  private let lsn = LSN(rawValue: 0x1_0000_001F)
  private static let start = #","lsn":"1/1F","schema":"s","table":"t\"1","#

  private func range(_ start: KeyBound?, _ end: KeyBound?) -> SnapshotKeyRange {
    SnapshotKeyRange(KeyRange(start: start, end: end), shape)
  }

  private func line(
    _ range: SnapshotKeyRange, _ options: JSONLineFormat.Options = JSONLineFormat.Options()
  ) throws -> String {
    var format = JSONLineFormat(options: options)
    var output = OutputBuffer()
    try format.begin(range, of: relation, at: lsn, to: &output)
    return output.text
  }

  @Test func `bounds have the values that rows have, and as many columns as they need`() throws {
    let first = KeyBound(.before, Key([.integer(-5)]))
    let last = KeyBound(.after, Key([.integer(1 << 60), .bytes(Array("a\"b".utf8))]))
    #expect(
      try line(range(first, last))
        == #"{"kind":"range""# + Self.start + #""columns":["id","part"],"#
        + #""start":{"key":{"id":-5},"inclusive":true},"#
        + #""end":{"key":{"id":1152921504606846976,"part":"a\"b"},"inclusive":true}}"# + "\n")
    var options = JSONLineFormat.Options()
    options.largeIntegers = .string
    #expect(
      try line(range(KeyBound(.after, Key([.integer(7)])), nil), options)
        == #"{"kind":"range""# + Self.start + #""columns":["id","part"],"#
        + #""start":{"key":{"id":"7"},"inclusive":false},"end":null}"# + "\n")
  }

  @Test func `a table without a key is one range`() throws {
    let range = SnapshotKeyRange(.everything, KeyShape([]))
    #expect(
      try line(range)
        == #"{"kind":"range""# + Self.start + #""columns":[],"start":null,"end":null}"# + "\n")
  }

  @Test func `a bound that can't be written leaves nothing behind`() {
    var options = JSONLineFormat.Options()
    options.maxLineBytes = 100
    let key = KeyBound(.before, Key([.integer(1), .bytes(Array(repeating: 0x61, count: 200))]))
    var format = JSONLineFormat(options: options)
    var output = OutputBuffer()
    #expect(throws: FormatError.self) {
      try format.begin(range(key, nil), of: relation, at: lsn, to: &output)
    }
    let isEmpty = output.isEmpty
    #expect(isEmpty)
  }

  @Test func `a whole table`() {
    var format = JSONLineFormat()
    var output = OutputBuffer()
    format.append(WholeTable(oid: 7, namespace: "s", name: "t\"1", position: lsn), to: &output)
    #expect(
      output.text == #"{"kind":"whole","lsn":"1/1F","schema":"s","table":"t\"1"}"# + "\n")
  }

  @Test func `the end of a range counts its rows`() throws {
    let copy = CopyFormat(isBinary: false, columnCount: 3)
    var parser = CopyRowParser(copy)
    let tuples = CopiedTuples(try parser.take(Array("n\t1\tp\n\\N\t2\tq\n".utf8)), copy)
    let table = SnapshotTable(
      relation: relation, rowFilter: nil, estimatedRows: nil, hasBinaryForm: true,
      types: TypeCatalog(), missingGrant: nil, storage: [])
    let batch = SnapshotBatch(table: table, consistentPoint: lsn, byteCount: 20, tuples: tuples)
    var format = JSONLineFormat()
    var output = OutputBuffer()
    for _ in 0..<2 {
      output.removeAll()
      try format.begin(range(nil, nil), of: relation, at: lsn, to: &output)
      try format.append(batch, to: &output)
      format.end(of: relation, at: lsn, to: &output)
      let lines = output.text.split(separator: "\n")
      #expect(lines.count == 4)
      #expect(
        lines[1] == #"{"kind":"snapshot""# + Self.start + #""new":{"note":"n","id":1,"part":"p"}}"#)
      #expect(lines[3] == #"{"kind":"range_end""# + Self.start + #""rows":2}"#)
    }
  }
}
