import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

@testable import ReplicationCore

/// What the decoder has found out about row changes stays right while others are decoded.
@Suite struct RowStoreTests {
  private static let relation = PgOutputEncoder.relation(
    9, "t", identity: "f", [.key("id", 23), .key("a", 25)])

  private static func messages(_ number: Int) -> [[UInt8]] {
    let (id, a) = ("\(number)", String(repeating: "x", count: number % 50))
    let row: [PgOutputEncoder.Column] = [.text(Array(id.utf8)), .text(Array(a.utf8))]
    return [
      PgOutputEncoder.insert(9, new: row),
      PgOutputEncoder.update(9, new: [.text(Array(id.utf8)), .unchanged]),
      PgOutputEncoder.update(9, old: row, new: [.null, .text(Array(a.utf8))]),
      PgOutputEncoder.update(9, key: [.text(Array(id.utf8)), .null], new: row),
      PgOutputEncoder.delete(9, old: row),
      PgOutputEncoder.delete(9, key: [.text(Array(id.utf8)), .null]),
    ]
  }

  private static func payloads(_ messages: [[UInt8]]) -> [Payload] {
    let bytes = messages.flatMap { $0 }
    let segment = Segment(SegmentMemory(bytes.count), capacity: bytes.count, pool: nil)
    segment.write(bytes.span, at: 0)
    var start = 0
    return messages.map { message in
      defer { start += message.count }
      return Payload(segment, start..<start + message.count)
    }
  }

  @Test(arguments: [true, false])
  func `rows are those of the message, however many are kept`(inOneSegment: Bool) throws {
    let messages = (0..<1000).flatMap { Self.messages($0) }
    let payloads =
      inOneSegment ? Self.payloads(messages) : messages.flatMap { Self.payloads([$0]) }
    let readers = RowReaders(TypeCatalog())
    var decoder = PgOutputDecoder()
    var store = RowStore()
    try decoder.decode(Self.relation.span, at: .zero) { _ in }
    var expected: [String] = []
    var kept: [RowChange] = []
    for (number, payload) in payloads.enumerated() {
      let lsn = LSN(rawValue: UInt64(number))
      try payload.withBytes { (bytes) throws(PgOutputError) in
        try decoder.decode(bytes, at: lsn) { message in
          expected.append("\(lsn) \(Self.description(of: message))")
          let change = store.keep(message, payload, at: lsn, subxid: UInt32(number), readers)
          if let change { kept.append(change) }
        }
      }
    }
    try #require(kept.count == messages.count)
    for copies in [false, true] {
      let found = kept.map { change in
        let change = copies ? change.copy() : change
        return change.withMessage { "\(change.lsn) \(Self.description(of: $0))" }
      }
      #expect(found == expected)
      #expect(kept.map { (copies ? $0.copy() : $0).payload.bytes() } == messages)
      #expect(kept.map(\.byteCount) == messages.map(\.count))
      #expect(kept.map { (copies ? $0.copy() : $0).subxid } == (0..<6000).map { UInt32($0) })
      #expect(kept.allSatisfy { (copies ? $0.copy() : $0).relation === decoder.relation(oid: 9) })
    }
  }

  /// A table that is described again is another object; rows of the former keep that alive.
  @Test func `rows keep their table`() throws {
    let readers = RowReaders(TypeCatalog())
    var decoder = PgOutputDecoder()
    var store = RowStore()
    var kept: [RowChange] = []
    for round in 0..<100 {
      let relation = PgOutputEncoder.relation(9, "t\(round)", [.key("id", 23)])
      try decoder.decode(relation.span, at: .zero) { _ in }
      let payload = Self.payloads([PgOutputEncoder.insert(9, new: [.text(Array("\(round)".utf8))])]
      )[0]
      try payload.withBytes { (bytes) throws(PgOutputError) in
        try decoder.decode(bytes, at: .zero) { message in
          if let row = store.keep(message, payload, at: .zero, subxid: nil, readers) {
            kept.append(row)
          }
        }
      }
    }
    #expect(kept.map(\.relation.name) == (0..<100).map { "t\($0)" })
    #expect(try kept.map { try $0.withRow { try $0[0, as: Int.self] } } == Array(0..<100))
  }

  @Test func `a row with more columns than a block has places for is kept whole`() throws {
    let count = RowStore.blockPlaces + 1
    var decoder = PgOutputDecoder()
    var store = RowStore()
    let relation = PgOutputEncoder.relation(
      9, "t", (0..<count).map { .key("c\($0)", 23) })
    try decoder.decode(relation.span, at: .zero) { _ in }
    let row: [PgOutputEncoder.Column] = (0..<count).map { .text(Array("\($0)".utf8)) }
    let payload = Self.payloads([PgOutputEncoder.insert(9, new: row)])[0]
    let change = try payload.withBytes { (bytes) throws(PgOutputError) in
      try decoder.decode(bytes, at: .zero) { message in
        store.keep(message, payload, at: .zero, subxid: nil, RowReaders(TypeCatalog()))
      }
    }
    let sum = try change?.withRow { row throws(RowError) in
      var sum = 0
      for column in 0..<count { sum += try row[column, as: Int.self] }
      return sum
    }
    #expect(sum == count * (count - 1) / 2)
  }

  private static func description(of message: PgOutputMessage) -> String {
    switch message {
    case .insert(_, let new): "insert \(columns(of: new))"
    case .update(_, nil, let new): "update \(columns(of: new))"
    case .update(_, let old?, let new): "update \(columns(of: old)) \(columns(of: new))"
    case .delete(_, let old): "delete \(columns(of: old))"
    default: "another"
    }
  }

  private static func columns(of tuple: TupleData) -> String {
    var text = "\(tuple.kind):"
    tuple.forEachColumn { (_, column) in
      switch column {
      case .null: text += " null"
      case .unchanged: text += " unchanged"
      case .notSent: text += " not sent"
      case .text(let bytes), .binary(let bytes): text += " " + bytes.lossyString()
      }
    }
    return text
  }
}
