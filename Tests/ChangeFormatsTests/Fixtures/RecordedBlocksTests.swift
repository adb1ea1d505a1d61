import Foundation
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import TestSupport
import Testing

@testable import ChangeFormats

/// Transactions in blocks and prepared ones, as real servers have sent them.
@Suite struct RecordedBlocksTests {
  @Test func `no recording is missing`() throws {
    let plain = ["v1"]
    let streamed = ["v1", "v2-on"]
    let prepared = streamed + ["v1-two-phase", "v3-on-two-phase"]
    let parallel = prepared + ["v4-parallel", "v4-parallel-two-phase", "v4-two-phase"]
    let names: [Int: [String]] = [
      13: plain, 14: streamed, 15: prepared, 16: parallel, 17: parallel, 18: parallel, 19: parallel,
    ]
    for (version, texts) in names {
      let expected = version == 13 ? texts : texts + texts.map { "\($0)-binary" }
      let found = try RecordedBlocks.all.filter { $0.version == version }.map(\.name)
      #expect(Set(found) == Set(expected))
    }
  }

  @Test(arguments: try RecordedBlocks.all)
  func `gives the lines that it should`(stream: RecordedBlocks) throws {
    var lines = RecordedLines()
    for (start, payload) in try stream.messages { try lines.append(payload.span, at: start) }
    let found = String(decoding: lines.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    let expected = try stream.expected
    for (index, (line, other)) in zip(found, expected).enumerated() {
      try #require(line == other, "line \(index + 1)")
    }
    #expect(found.count == expected.count)
  }

  @Test(arguments: try RecordedBlocks.all)
  func `holds every kind of message that was asked for`(stream: RecordedBlocks) throws {
    var kinds = Set("BCRYIUDTO")
    if stream.version >= 14 { kinds.insert("M") }
    if stream.isStreamed { kinds.formUnion("SEcA") }
    if stream.isTwoPhase { kinds.formUnion("bPKr") }
    if stream.isTwoPhase, stream.isStreamed { kinds.insert("p") }
    let found = Set(try stream.messages.map { Character(Unicode.Scalar($0.payload[0])) })
    #expect(found == kinds)
    // The longer rollback is a matter of `parallel` alone.
    let aborts = try stream.messages.filter { $0.payload[0] == UInt8(ascii: "A") }
    #expect(aborts.allSatisfy { $0.payload.count == (stream.isParallel ? 25 : 9) })
  }

  @Test(arguments: try RecordedBlocks.all.filter { !$0.isBinary && $0.name != "v1" })
  func `what is committed is the same however it was sent`(stream: RecordedBlocks) throws {
    let plain = try CommittedLines(stream.sibling("v1").expected)
    let found = try CommittedLines(stream.expected)
    #expect(found.lines.count > 25)
    #expect(found.lines == plain.lines)
    #expect(found.open.isEmpty)
  }

  @Test(arguments: try RecordedBlocks.all.filter(\.isBinary))
  func `in binary it is the same, but for the form of values`(stream: RecordedBlocks) throws {
    let text = try stream.sibling(String(stream.name.dropLast("-binary".count)))
    var binaryValues = 0
    var (decoder, textDecoder) = (PgOutputDecoder(), PgOutputDecoder())
    let (messages, texts) = (try stream.messages, try text.messages)
    #expect(messages.count == texts.count)
    for (one, other) in zip(messages, texts) {
      #expect(one.start == other.start && one.payload[0] == other.payload[0])
      #expect(decoder.xid(of: one.payload.span) == textDecoder.xid(of: other.payload.span))
      let shape = try decoder.decode(one.payload.span, at: one.start) { RowShape($0) }
      let textShape = try textDecoder.decode(other.payload.span, at: other.start) { RowShape($0) }
      #expect(shape.columns == textShape.columns)
      #expect(textShape.binaryValues == 0)
      binaryValues += shape.binaryValues
    }
    #expect(binaryValues > 60)
  }

  @Test(arguments: try RecordedBlocks.all)
  func `cut off anywhere, or longer, a message is an error`(stream: RecordedBlocks) throws {
    var decoder = PgOutputDecoder()
    for (start, payload) in try stream.messages {
      for count in 0..<payload.count {
        // The longer rollback begins with a whole short one.
        if payload[0] == UInt8(ascii: "A"), count == 9 { continue }
        let cut = Array(payload.prefix(count))
        try #require(!Self.isAccepted(cut, by: decoder), "\(payload[0]) cut to \(count)")
      }
      try #require(!Self.isAccepted(payload + [0], by: decoder), "\(payload[0]) with a byte more")
      try decoder.decode(payload.span, at: start) { _ in }
    }
  }

  @Test(arguments: try RecordedBlocks.all)
  func `damaged bytes are never more than an error`(stream: RecordedBlocks) throws {
    var random = RepeatableGenerator(seed: UInt64(stream.version))
    var decoder = PgOutputDecoder()
    var errors = 0
    for (start, payload) in try stream.messages {
      for _ in 0..<20 {
        var damaged = payload
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          let index = Int.random(in: 0..<damaged.count, using: &random)
          damaged[index] =
            [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)]
            .randomElement(using: &random) ?? 0
        }
        if !Self.isAccepted(damaged, by: decoder) { errors += 1 }
      }
      try decoder.decode(payload.span, at: start) { _ in }
    }
    #expect(errors > 0)
  }

  /// Whether the decoder would take it; it stays as it is.
  private static func isAccepted(_ payload: [UInt8], by decoder: PgOutputDecoder) -> Bool {
    var copy = decoder
    do throws(PgOutputError) {
      try copy.decode(payload.span, at: .zero) { _ in }
      return true
    } catch {
      return false
    }
  }
}

/// Of a row change whether each column is there, and how many values are in binary.
private struct RowShape {
  var columns: [Bool] = []
  var binaryValues = 0

  init(_ message: PgOutputMessage) {
    switch message {
    case .insert(_, let new): add(new)
    case .update(_, let old, let new):
      if let old { add(old) }
      add(new)
    case .delete(_, let old): add(old)
    default: break
    }
  }

  private mutating func add(_ row: TupleData) {
    row.forEachColumn { _, column in
      switch column {
      case .null, .unchanged, .notSent: columns.append(false)
      case .text: columns.append(true)
      case .binary:
        columns.append(true)
        binaryValues += 1
      }
    }
  }
}

/// The changes of a stream that count in the end, transaction by transaction in commit order.
///
/// What blocks hold is kept by transaction and subtransaction until its end is told.
private struct CommittedLines {
  /// Without what tells in which way they were sent.
  private(set) var lines: [String] = []
  /// Streamed or prepared transactions that have not ended, with their subtransactions' lines.
  private(set) var open: [Int: [(xid: Int, line: String)]] = [:]
  private var current: [String] = []
  private var block: Int?

  init(_ stream: [String]) throws {
    for line in stream {
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      let xid = object["xid"] as? Int ?? 0
      switch try #require(object["kind"] as? String) {
      case "begin", "begin_prepare": current = []
      case "commit": lines += current
      case "prepare": open[xid] = current.map { (xid, $0) }
      case "stream_start": block = xid
      case "stream_stop": block = nil
      case "stream_prepare": break
      case "stream_commit", "commit_prepared":
        let committed = open.removeValue(forKey: xid)
        lines += try #require(committed).map(\.line)
      case "rollback_prepared":
        let undone = open.removeValue(forKey: xid)
        try #require(undone != nil)
      case "stream_abort":
        let subxid = try #require(object["subxid"] as? Int)
        if subxid == xid { open[xid] = nil } else { open[xid]?.removeAll { $0.xid == subxid } }
      case "message" where object["transactional"] as? Bool == false: break
      default:
        if let block {
          try #require(object["provisional"] as? Bool == true)
          let plain = line.replacing("\"provisional\":true,\"xid\":\(xid),", with: "")
          open[block, default: []].append((xid, plain))
        } else {
          current.append(line)
        }
      }
    }
  }
}
