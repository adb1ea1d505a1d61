import PGOutput
import PGOutputTestSupport
import PGWire
import Testing

@testable import ReplicationCore

/// What the decoder has found out about row changes stays right while others are decoded.
@Suite struct KeptTuplesTests {
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

  @Test func `tuples are those of the message, however many are kept`() throws {
    var decoder = PgOutputDecoder()
    var store = PlaceStore()
    try decoder.decode(Self.relation.span, at: .zero) { _ in }
    let relation = try #require(decoder.relation(oid: 9))
    let messages = (0..<1000).flatMap { Self.messages($0) }
    var expected: [String] = []
    var kept: [KeptTuples?] = []
    for message in messages {
      try decoder.decode(message.span, at: .zero) { message throws(PgOutputError) in
        expected.append(Self.description(of: message))
        kept.append(KeptTuples(message, in: &store))
      }
    }
    for copies in [false, true] {
      let found = try zip(kept, messages).map { tuples, message in
        let tuples = try #require(copies ? tuples?.copy() : tuples)
        return try tuples.withMessage(of: relation, in: message.span) { Self.description(of: $0) }
      }
      #expect(found == expected)
    }
  }

  @Test func `a row with more columns than a piece has places for is kept whole`() throws {
    let count = PlaceStore.pieceCapacity + 1
    var decoder = PgOutputDecoder()
    var store = PlaceStore()
    let relation = PgOutputEncoder.relation(
      9, "t", (0..<count).map { .key("c\($0)", 23) })
    try decoder.decode(relation.span, at: .zero) { _ in }
    let row: [PgOutputEncoder.Column] = (0..<count).map { .text(Array("\($0)".utf8)) }
    let insert = PgOutputEncoder.insert(9, new: row)
    let tuples = try decoder.decode(insert.span, at: .zero) { message throws(PgOutputError) in
      KeptTuples(message, in: &store)
    }
    let columns = try tuples?.withTuples(in: insert.span) { new, _ in
      var sum = 0
      new?.forEachColumn { index, column in
        if case .text(let text) = column { sum += text.count }
      }
      return sum
    }
    #expect(columns == (0..<count).reduce(0) { $0 + "\($1)".utf8.count })
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
