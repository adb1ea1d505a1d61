import CAllocationCounter
import CDCTime
import ChangeFormats
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

/// Nothing is allocated for a row that a format writes.
@Suite struct FormatAllocationTests {
  private static let isCounting = allocation_counter_works() == 1

  private static var debezium: DebeziumFormat {
    DebeziumFormat(options: DebeziumFormat.Options(name: "n", database: "d", version: "1"))
  }

  @Test func `a row of scalar columns`() throws {
    guard Self.isCounting else { return }
    let stream = ScalarColumns(binary: false)
    try expectNone(stream.insert, stream.relation, JSONLineFormat())
    try expectNone(stream.insert, stream.relation, Self.debezium)
  }

  @Test func `a row of texts, arrays and bytes`() throws {
    guard Self.isCounting else { return }
    let relation = PgOutputEncoder.relation(
      7, "t",
      [
        .key("id", 23), .init("plain", 25), .init("escaped", 25),
        .init("price", 1700, typeModifier: 0xC_0006),
        .init("numbers", 1007), .init("at", 1184), .init("bytes", 17),
      ])
    let insert = PgOutputEncoder.insert(
      7,
      new: [
        "1", "a text of some length", "é \"quoted\"\n", "12345.67", "{1,NULL,3}",
        "2024-01-02 03:04:05.678+00", "\\x00ff",
      ])
    try expectNone(insert, relation, JSONLineFormat())
    try expectNone(insert, relation, Self.debezium)
  }

  // Floats, intervals and numerics in binary take some memory without optimization.
  @Test func `a row of scalar columns in binary`() throws {
    guard Self.isCounting else { return }
    let relation = PgOutputEncoder.relation(
      7, "t",
      [
        .key("id", 20), .init("small", 21), .init("ok", 16), .init("at", 1184), .init("day", 1082),
        .init("ref", 2950), .init("name", 25),
      ])
    let insert = PgOutputEncoder.insert(
      7,
      new: [
        .binary([255, 255, 255, 255, 255, 255, 255, 214]), .binary([0, 7]), .binary([1]),
        .binary([0, 0, 0, 0, 0, 0, 0, 1]), .binary([0, 0, 0, 1]),
        .binary([UInt8](repeating: 0xAB, count: 16)), .binary(Array("a name".utf8)),
      ])
    try expectNone(insert, relation, JSONLineFormat())
    try expectNone(insert, relation, Self.debezium)
  }

  @Test func `an update with a value that was not sent`() throws {
    guard Self.isCounting else { return }
    let relation = PgOutputEncoder.relation(
      7, "t", [.key("id", 23), .init("big", 25), .init("list", 1009)])
    let update = PgOutputEncoder.update(
      7, new: ["2", .unchanged, .unchanged])
    try expectNone(update, relation, JSONLineFormat())
    try expectNone(update, relation, Self.debezium)
  }

  @Test func `a record with its key, and a tombstone`() throws {
    guard Self.isCounting else { return }
    let relation = PgOutputEncoder.relation(
      7, "a_table_with_a_name", [.key("id", 23), .key("part", 25), .init("name", 25)])
    let insert = PgOutputEncoder.insert(7, new: ["1", "a", "a name"])
    let delete = PgOutputEncoder.delete(7, key: ["1", "a", nil])
    let update = PgOutputEncoder.update(7, key: ["1", "a", nil], new: ["2", "a", "a name"])
    for row in [insert, delete, update] {
      try expectNone(row, relation, JSONLineFormat(), keepsRecords: true)
      try expectNone(row, relation, Self.debezium, keepsRecords: true)
    }
    var options = DebeziumFormat.Options(name: "n", database: "d", version: "1")
    options.providesTransactionMetadata = true
    options.cloudEvents = .debezium(name: "n")
    try expectNone(update, relation, DebeziumFormat(options: options), keepsRecords: true)
  }

  @Test func `records are passed with their headers`() throws {
    guard Self.isCounting else { return }
    var decoder = PgOutputDecoder()
    var format = Self.debezium
    var output = OutputBuffer(keepsRecords: true)
    let relation = PgOutputEncoder.relation(7, "t", [.key("id", 23), .init("name", 25)])
    let update = PgOutputEncoder.update(7, key: ["1", nil], new: ["2", "a name"])
    for message in [PgOutputEncoder.begin(finalLSN: 1, time: 0, xid: 3), relation, update] {
      try write(message, &decoder, &format, &output)
    }
    var headers = 0
    var before = allocations_of_this_thread()
    for round in 0...1000 {
      if round == 1 { before = allocations_of_this_thread() }
      output.forEachRecord { _, _, header in
        if let header { headers += header.name.utf8.count }
      }
    }
    #expect(allocations_of_this_thread() - before == 0)
    // A deletion, its tombstone and an insertion, with names of 17 bytes.
    #expect(headers == 1001 * 3 * 17)
  }

  @Test func `the lines of many rows are in one piece of memory`() throws {
    guard Self.isCounting else { return }
    let stream = ScalarColumns(binary: false)
    var decoder = PgOutputDecoder()
    var format = JSONLineFormat()
    var output = OutputBuffer()
    let row = stream.insert
    for message in [stream.relation, row] { try write(message, &decoder, &format, &output) }
    let before = allocations_of_this_thread()
    for _ in 0..<1000 { try write(row, &decoder, &format, &output) }
    // It doubles: from 4 KiB to the 300 KiB that these lines have.
    #expect(allocations_of_this_thread() - before < 12)
    #expect(output.count > 100_000)
  }

  private func expectNone(
    _ row: [UInt8], _ relation: [UInt8], _ format: some ChangeFormat, keepsRecords: Bool = false
  ) throws {
    let costs = try cost(of: row, relation, format, keepsRecords)
    #expect(costs == [0, 0], "\(type(of: format))")
  }

  /// How many allocations writing 1000 rows takes, and how many twice as many.
  private func cost(
    of row: [UInt8], _ relation: [UInt8], _ format: some ChangeFormat, _ keepsRecords: Bool
  ) throws -> [Int] {
    var decoder = PgOutputDecoder()
    var format = format
    var output = OutputBuffer(keepsRecords: keepsRecords)
    let begin = PgOutputEncoder.begin(finalLSN: 1, time: 0, xid: 3)
    // The first rows prepare what all have in common.
    for message in [begin, relation, row, row] {
      try write(message, &decoder, &format, &output)
    }
    return try [1000, 2000].map { rows in
      let before = allocations_of_this_thread()
      var written = 0
      for _ in 0..<rows {
        output.removeAll()
        try write(row, &decoder, &format, &output)
        written += output.count
      }
      let allocations = allocations_of_this_thread() - before
      #expect(written > 50 * rows)
      return allocations
    }
  }

  private func write(
    _ message: [UInt8], _ decoder: inout PgOutputDecoder, _ format: inout some ChangeFormat,
    _ output: inout OutputBuffer
  ) throws(FormatError) {
    try decoder.decode(message.span, at: .zero, wrappingErrors: FormatError.decoding) {
      message throws(FormatError) in
      try format.append(message, at: .zero, provisionalIn: nil, to: &output)
    }
  }
}
