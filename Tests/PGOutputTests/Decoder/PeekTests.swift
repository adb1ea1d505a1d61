import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

/// What consumers do without a decoder, and with errors of their own.
@Suite struct PeekTests {
  private enum CallersError: Error, Equatable {
    case decoding(PgOutputError)
    case other
  }

  @Test func `a payload's first byte tells its kind`() {
    for kind in PgOutputMessage.Kind.allCases {
      #expect(peek([kind.rawValue, 0]) == kind)
    }
    #expect(PgOutputMessage.Kind.allCases.count == 19)
    #expect(peek([UInt8(ascii: "X")]) == nil)
    #expect(peek([]) == nil)
  }

  @Test func `small messages refuse another's letter`() {
    let empty: [UInt8] = []
    let commit = PgOutputEncoder.commit(commitLSN: 1, endLSN: 2, time: 3)
    #expect(throws: WireError.unknownTag(UInt8(ascii: "C"))) { try Begin(decoding: commit.span) }
    #expect(throws: WireError.truncated(needed: 1, available: 0)) {
      try Begin(decoding: empty.span)
    }
  }

  @Test func `a closure's own error comes through`() {
    var decoder = PgOutputDecoder()
    let empty: [UInt8] = []
    let begin = PgOutputEncoder.begin(finalLSN: 1, time: 2, xid: 3)
    #expect(throws: CallersError.other) {
      try decoder.decode(begin.span, at: .zero, wrappingErrors: CallersError.decoding) {
        _ throws(CallersError) in
        throw .other
      }
    }
    #expect(throws: CallersError.decoding(.emptyMessage(lsn: .zero))) {
      try decoder.decode(
        empty.span, at: .zero, wrappingErrors: CallersError.decoding
      ) { _ throws(CallersError) in }
    }
  }

  @Test func `a closure may throw anything`() {
    var decoder = PgOutputDecoder()
    let begin = PgOutputEncoder.begin(finalLSN: 1, time: 2, xid: 3)
    #expect(throws: CancellationError.self) {
      try decoder.decode(begin.span, at: .zero, wrappingErrors: { $0 as any Error }) { _ in
        throw CancellationError()
      }
    }
  }

  @Test func `a visit ends where its closure throws`() throws {
    var decoder = try PgOutputDecoder(after: DecodingTests.table)
    let payload = PgOutputEncoder.insert(7, new: ["1", "2", "3"])
    var seen = 0
    #expect(throws: CallersError.other) {
      try decoder.decode(payload.span, at: .zero, wrappingErrors: CallersError.decoding) {
        message throws(CallersError) in
        guard case .insert(_, let new) = message else { return }
        try new.forEachColumn { index, _ throws(CallersError) in
          seen += 1
          if index == 1 { throw .other }
        }
      }
    }
    #expect(seen == 2)
  }
}
