import CDCTime
import PGWire
import ReplicationTestKit
import Testing

@Suite struct CopyBothFrameTests {
  private enum Owned: Equatable {
    case xLogData(LSN, LSN, PostgresTimestamp, [UInt8])
    case keepAlive(LSN, PostgresTimestamp, Bool)
  }

  private func decode(_ content: [UInt8]) throws(WireError) -> Owned {
    try CopyBothFrame.decode(content.span) { frame in
      switch frame {
      case .xLogData(let start, let end, let sentAt, let payload):
        .xLogData(start, end, sentAt, payload.copied())
      case .keepAlive(let walEnd, let sentAt, let replyRequested):
        .keepAlive(walEnd, sentAt, replyRequested)
      }
    }
  }

  private static let xLogData: [UInt8] = [
    0x77, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFE, 0x42, 0x43,
  ]
  private static let keepAlive: [UInt8] = [
    0x6B, 0, 0, 0, 0x16, 0xB3, 0x74, 0xD8, 0x48, 0, 0, 0, 0, 0, 0, 0, 9, 1,
  ]

  @Test func `decodes XLogData and lends its payload`() throws {
    #expect(
      try decode(Self.xLogData)
        == .xLogData(
          LSN(rawValue: 1 << 32 | 2), LSN(rawValue: 3 << 32 | 4),
          PostgresTimestamp(microseconds: -2), [0x42, 0x43]))
    let empty = Array(Self.xLogData[..<25])
    guard case .xLogData(_, _, _, let payload) = try decode(empty) else {
      Issue.record("no XLogData")
      return
    }
    #expect(payload.isEmpty)
  }

  @Test func `decodes a keepalive`() throws {
    let time = PostgresTimestamp(microseconds: 9)
    let lsn = try #require(LSN("16/B374D848"))
    #expect(try decode(Self.keepAlive) == .keepAlive(lsn, time, true))
    var silent = Self.keepAlive
    silent[17] = 0
    #expect(try decode(silent) == .keepAlive(lsn, time, false))
  }

  @Test func `is what the test kit writes`() throws {
    let time = PostgresTimestamp(microseconds: 9)
    let lsn = try #require(LSN("16/B374D848"))
    #expect(
      BackendEncoder.keepAlive(walEnd: lsn, replyRequested: true, sentAt: time)
        == BackendEncoder.copyData(Self.keepAlive))
  }

  @Test func `refuses frames cut anywhere, or with more behind them`() {
    for end in 0..<25 {
      #expect(throws: WireError.self, "XLogData cut at \(end)") {
        try decode(Array(Self.xLogData[..<end]))
      }
    }
    for end in Self.keepAlive.indices {
      #expect(throws: WireError.self, "keepalive cut at \(end)") {
        try decode(Array(Self.keepAlive[..<end]))
      }
    }
    #expect(throws: WireError.trailingBytes(count: 1)) { try decode(Self.keepAlive + [0]) }
  }

  @Test func `refuses what is neither`() {
    for tag in UInt8.min...UInt8.max where tag != 0x77 && tag != 0x6B {
      #expect(throws: WireError.unknownTag(tag)) {
        try decode([tag] + [UInt8](repeating: 0, count: 33))
      }
    }
  }

  @Test func `writes a status update of exactly 34 bytes`() throws {
    let update = StandbyStatusUpdate(
      write: try #require(LSN("1/3")), flush: try #require(LSN("1/2")),
      apply: try #require(LSN("1/1")),
      clock: PostgresTimestamp(microseconds: 0x0102_0304_0506_0708))
    let expected: [UInt8] = [
      0x72, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4, 5,
      6,
      7, 8, 0,
    ]
    #expect(update.encoded == expected)
    #expect(update.encoded.count == 34)
    var asking = update
    asking.replyRequested = true
    #expect(asking.encoded == expected.dropLast() + [1])
  }
}
