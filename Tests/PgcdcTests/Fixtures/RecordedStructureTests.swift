import PGOutput
import PGWire
import ReplicationTestKit
import Testing

@testable import ReplicationCore
@testable import pgcdc

/// The structure of streams that real servers have sent, by every reader of it.
@Suite struct RecordedStructureTests {
  @Test(arguments: try RecordedStream.all)
  func `readers agree on a stream of whole transactions`(stream: RecordedStream) throws {
    try check(try stream.contents.compactMap { try RecordedLines.message(in: $0) })
  }

  @Test(arguments: try RecordedBlocks.all)
  func `readers agree on a stream of blocks`(stream: RecordedBlocks) throws {
    try check(try stream.messages)
  }

  /// Cut at each message: what was read up to there is what the next one is read by.
  private func check(_ messages: [(start: LSN, payload: [UInt8])]) throws {
    var position = StreamPosition(checks: .everything)
    var decoder = PgOutputDecoder()
    var ends = TransactionEnds()
    var opened = 0
    var ended = 0
    for (start, payload) in messages {
      let before = position
      let boundary = try position.read(payload.span, at: start) { $0.boundary } ?? .none
      let decoded = try decoder.decode(payload.span, at: start) { $0.boundary }
      #expect(boundary == decoded && position.place == decoder.place)
      let end = try ends.end(in: .xLogData(XLogData(payload, at: start)))
      #expect(end?.position == boundary.end?.position)
      switch boundary {
      case .opens: opened += 1
      case .ends: ended += 1
      default: break
      }
      for length in 1..<payload.count where boundary != .none {
        var cut = before
        // The short form of an abort is whole.
        if case .aborts = boundary, length == 9 { continue }
        #expect(throws: PgOutputError.self) {
          try cut.read(payload.span.extracting(first: length), at: start) { _ in }
        }
        #expect(cut.place == before.place)
      }
    }
    #expect(opened > 0 && opened == ended && position.place == .outside)
  }
}

extension TransactionEnds.End {
  fileprivate var position: LSN {
    switch self {
    case .transaction(let lsn), .between(let lsn): lsn
    }
  }
}
