import CDCTime
import PGOutput
import PGWire
import Testing

@testable import ChangeFormats
@testable import ReplicationCore

/// Rows that an incremental snapshot has read, as Debezium's events.
@Suite struct DebeziumRangeTests {
  private let relation = Relation(
    oid: 7, namespace: "s", name: "t", replicaIdentity: .default,
    columns: [
      .init(name: "id", isKey: true, typeOID: 23, typeModifier: -1, typeName: nil),
      .init(name: "name", isKey: false, typeOID: 25, typeModifier: -1, typeName: nil),
    ])

  private func batch(_ text: String) throws -> SnapshotBatch {
    let copy = CopyFormat(isBinary: false, columnCount: 2)
    var parser = CopyRowParser(copy)
    let tuples = CopiedTuples(try parser.take(Array(text.utf8)), copy)
    let table = SnapshotTable(
      relation: relation, rowFilter: nil, estimatedRows: nil, hasBinaryForm: true,
      types: TypeCatalog(), missingGrant: nil, storage: [])
    return SnapshotBatch(
      table: table, consistentPoint: LSN(rawValue: 999), byteCount: 9, tuples: tuples)
  }

  private func format(
    _ snapshot: DebeziumFormat.Options.Snapshot = .incremental
  ) -> DebeziumFormat {
    var options = DebeziumFormat.Options(name: "n", database: "d", version: "0.1.0")
    options.now = { PostgresTimestamp(microseconds: 1500) }
    options.snapshot = snapshot
    return DebeziumFormat(options: options)
  }

  private static func event(_ after: String, last: String) -> String {
    #"{"before":null,"after":\#(after),"source":{"version":"0.1.0","connector":"postgresql","#
      + #""name":"n","ts_ms":946684800001,"snapshot":"incremental","db":"d","#
      + #""sequence":"[\#(last),\"999\"]","ts_us":946684800001500,"ts_ns":946684800001500000,"#
      + #""schema":"s","table":"t","txId":null,"lsn":999,"xmin":null,"origin":null,"#
      + #""origin_lsn":null},"transaction":null,"op":"r","ts_ms":946684800001,"#
      + #""ts_us":946684800001500,"ts_ns":946684800001500000}"# + "\n"
  }

  @Test func `rows are events of kind r, of no transaction`() throws {
    var format = format()
    var output = OutputBuffer()
    try format.append(batch("1\tx\n2\t\\N\n"), to: &output)
    #expect(
      output.text == Self.event(#"{"id":1,"name":"x"}"#, last: "null")
        + Self.event(#"{"id":2,"name":null}"#, last: "null"))
  }

  @Test func `rows of a snapshot before the stream say so`() throws {
    var format = format(.initial)
    var output = OutputBuffer()
    try format.append(batch("1\tx\n"), to: &output)
    #expect(
      output.text
        == Self.event(#"{"id":1,"name":"x"}"#, last: "null")
        .replacing(#""snapshot":"incremental""#, with: #""snapshot":"true""#))
  }

  @Test func `rows are records with keys`() throws {
    var format = format()
    var output = OutputBuffer(keepsRecords: true)
    try format.append(batch("1\tx\n2\t\\N\n"), to: &output)
    let records = output.recordTexts
    #expect(records.count == 2)
    #expect(records[0].hasPrefix(#"n.s.t | {"id":1} | {"before":null,"after":{"id":1,"#))
    #expect(records[1].hasPrefix(#"n.s.t | {"id":2} | {"before":null,"after":{"id":2,"#))
  }

  @Test func `between transactions they say where the last one ended, and change nothing`() throws {
    var format = format()
    var output = OutputBuffer()
    format.source.begin(5, PostgresTimestamp(microseconds: 7), nil)
    format.source.end(at: LSN(rawValue: 50))
    try format.append(batch("1\tx\n"), to: &output)
    #expect(output.text == Self.event(#"{"id":1,"name":"x"}"#, last: #"\"50\""#))
  }

  @Test func `a row that can't be written leaves nothing behind`() throws {
    var format = format()
    var output = OutputBuffer()
    #expect(throws: FormatError.self) { try format.append(batch("1\tx\n?\ty\n"), to: &output) }
    let isEmpty = output.isEmpty
    #expect(isEmpty)
  }

  @Test func `what Debezium has no event for gives no line`() throws {
    var format = format()
    var output = OutputBuffer()
    format.append(
      WholeTable(oid: 7, namespace: "s", name: "t", position: .zero), to: &output)
    let isEmpty = output.isEmpty
    #expect(isEmpty)
  }
}
