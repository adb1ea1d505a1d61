import CDCTime
import PGWire
import Testing

@testable import ReplicationCore

/// How far a stream is behind, from numbers alone.
@Suite struct StreamLagTests {
  private typealias Stage = StreamLag.Stage

  private func at(_ seconds: Double) -> MonotonicTime {
    MonotonicTime(nanoseconds: Int64(seconds * 1_000_000_000))
  }

  /// A stream that has received something every ten seconds: 1000 bytes each time.
  private func stream(
    received: UInt64, delivered: UInt64 = 0, acknowledged: UInt64 = 0, reported: UInt64 = 0,
    taken: UInt64 = 0, committed: Int64? = nil, isStopped: Bool = false, now: Int,
    ends: [(UInt64, Double)] = []
  ) -> StreamStatistics {
    var histories = PositionHistories()
    for tick in stride(from: 0, through: received, by: 1000) where tick > 0 {
      histories.noteReceived(lsn(tick), at: at(Double(tick / 100)))
    }
    histories.noteReceived(lsn(received), at: at(Double(now)))
    for (end, time) in ends { histories.noteServerEnd(lsn(end), at: at(time)) }
    return StreamStatistics(
      bytesReceived: 0, messagesReceived: 0, eventsDelivered: 0, bytesBuffered: 0,
      timeStopped: .zero, feedbackSent: 0, received: lsn(received), delivered: lsn(delivered),
      acknowledged: lsn(acknowledged), reportedFlush: lsn(reported), serverWALEnd: .zero,
      lastServerMessage: nil,
      lastCommitTime: committed.map { PostgresTimestamp(microseconds: $0 * 1_000_000) },
      taken: lsn(taken), isReadingStopped: isStopped, reportInterval: .seconds(10),
      histories: histories, now: at(Double(now)))
  }

  private func health(
    _ end: UInt64, sent: UInt64? = nil, confirmed: UInt64? = nil, time: Int64? = nil
  ) throws -> SlotHealth {
    var columns: [String: String?] = ["slot_name": "s", "slot_type": "logical"]
    if let confirmed { columns["confirmed_flush_lsn"] = lsn(confirmed).description }
    return SlotHealth(
      slot: try ReplicationSlot(ResultRow(columns)), holder: nil, currentLSN: lsn(end),
      walBytesPerSecond: nil, expectedLoss: nil, sentLSN: sent.map { lsn($0) },
      serverTime: time.map { PostgresTimestamp(microseconds: $0 * 1_000_000) })
  }

  private func subscription(
    _ stream: StreamStatistics?, unacknowledged: Int = 0, acknowledged: UInt64 = 0,
    saved: UInt64 = 0, hasStore: Bool = false, waitsForStore: Bool = false, leavesSlot: Bool = false
  ) -> Subscription.Statistics {
    Subscription.Statistics(
      stream: stream, reconnects: 0, unacknowledged: unacknowledged, oldestUnacknowledged: nil,
      abandoned: 0, acknowledged: lsn(acknowledged), saved: lsn(saved), streamedTransactions: 0,
      bytesKept: 0, bytesSpilled: 0, hasStore: hasStore, waitsForStore: waitsForStore,
      leavesSlot: leavesSlot)
  }

  private func bytes(_ lag: StreamLag) -> [Stage: UInt64] {
    Dictionary(uniqueKeysWithValues: lag.steps.map { ($0.stage, $0.bytes) })
  }

  @Test func `every step has its bytes and its time`() throws {
    let stream = stream(
      received: 3000, delivered: 2500, acknowledged: 1500, reported: 500, now: 30,
      ends: [(3000, 10), (5000, 30)])
    let lag = StreamLag(stream, health: try health(5000, sent: 4000, confirmed: 400))
    #expect(
      lag.steps.map(\.stage)
        == [.server, .sent, .received, .delivered, .acknowledged, .reported, .confirmed])
    #expect(lag.steps.map(\.position.rawValue) == [5000, 4000, 3000, 2500, 1500, 500, 400])
    #expect(lag.steps.map(\.bytes) == [0, 1000, 1000, 500, 1000, 1000, 100])
    // The server wrote 4000 ten seconds ago and 3000 twenty seconds ago; what is beyond 2500 was
    // received at 30 s, beyond 1500 at 20 s, and beyond 500 at 10 s.
    #expect(
      lag.steps.map(\.time)
        == [0, 10, 10, 0, 10, 10, 0].map { Duration.seconds($0) })
    #expect(lag.bytes == 4600)
    // The position 400 lies before all that is known of the server's log.
    #expect(lag.time == .seconds(20))
    #expect(lag[.delivered]?.bytes == 500 && lag[.saved] == nil)
  }

  @Test func `what was written at one go and waits since then is a wait`() throws {
    // The server wrote 5 MB at 20 s, of which little was received; the consumer took the rest.
    let end: UInt64 = 5_000_000
    let stream = stream(
      received: 3000, delivered: 2000, acknowledged: 1900, reported: 1900, now: 60,
      ends: [(2000, 19.9), (end, 20), (end + 48, 20.1)])
    let lag = StreamLag(stream, health: try health(end + 48, sent: end, confirmed: 1900))
    #expect(lag.bottleneck == .received)
  }

  @Test func `without an answer of the server it begins at what was received`() {
    let stream = stream(
      received: 3000, delivered: 1000, acknowledged: 1000, reported: 1000, now: 60)
    let lag = StreamLag(stream)
    #expect(lag.steps.map(\.stage) == [.received, .delivered, .acknowledged, .reported])
    #expect(lag.bytes == 2000 && lag.time == .seconds(40))
    #expect(lag.bottleneck == .delivered)
  }

  @Test func `a stream that has all is behind nothing`() throws {
    let all = stream(
      received: 3000, delivered: 2900, acknowledged: 2900, reported: 3000, taken: 3000, now: 60,
      ends: [(3000, 60)])
    for lag in [
      StreamLag(all), StreamLag(all, health: try health(3000, sent: 3000, confirmed: 3000)),
    ] {
      #expect(lag.bytes == 0 && lag.time == .zero && lag.bottleneck == nil)
      #expect(lag.steps.allSatisfy { $0.bytes == 0 && $0.time == .zero })
    }
  }

  /// Keepalives move what was received, reported and confirmed, but no transaction.
  @Test func `a position further down was passed by every stage above`() throws {
    let stream = stream(received: 3000, delivered: 1000, reported: 2500, now: 60)
    let lag = StreamLag(stream, health: try health(2800, sent: 2700, confirmed: 2600))
    #expect(
      lag.steps.map(\.position.rawValue) == [3000, 3000, 3000, 2600, 2600, 2600, 2600])
    #expect(lag.bytes == 400)
  }

  @Test func `no positions trap, however far apart`() throws {
    for (high, low) in [(UInt64.max, 0), (0, UInt64.max), (.max, .max)] as [(UInt64, UInt64)] {
      var histories = PositionHistories()
      histories.noteReceived(lsn(low), at: at(1))
      histories.noteServerEnd(lsn(high), at: at(1))
      var stream = stream(received: 0, delivered: high, reported: low, now: 2)
      stream.histories = histories
      for health in [nil, try health(high, sent: low, confirmed: high)] {
        let lag = StreamLag(stream, health: health)
        // The last stage is what was reported, or confirmed if the server was asked.
        let last = health == nil ? low : high
        #expect(lag.bytes == (last == 0 ? .max : 0))
        #expect(lag.steps.allSatisfy { $0.time.map { $0 >= .zero } ?? true })
      }
    }
    let lag = StreamLag(
      subscription(nil, acknowledged: 5), health: try health(.max, confirmed: 0))
    #expect(lag.bytes == .max && lag.bottleneck == .received)
  }

  @Test func `a stream that catches up is as late as the transactions that come`() throws {
    // They committed an hour before they came; the server was asked just now.
    let stream = stream(
      received: 3000, delivered: 3000, acknowledged: 3000, reported: 3000, committed: 1000,
      now: 30, ends: [(9_000_000, 30)])
    let lag = StreamLag(stream, health: try health(9_000_000, confirmed: 3000, time: 4600))
    #expect(lag[.received]?.time == .seconds(3600) && lag.time == .seconds(3600))
    #expect(lag.bottleneck == .received)
    // If the server's clock was set back it is not known, but never negative.
    let back = StreamLag(stream, health: try health(9_000_000, confirmed: 3000, time: 0))
    #expect(back[.received]?.time == .zero && back.time == .zero)
    for time in [Int64.min, .max] {
      var health = try health(9_000_000, time: 0)
      health.serverTime = PostgresTimestamp(microseconds: time)
      #expect(StreamLag(stream, health: health)[.received]?.time == nil)
    }
  }

  @Test func `an idle hour after the last transaction is no lag`() throws {
    // The last transaction came when it committed; the log has grown a little since.
    let stream = stream(
      received: 3000, delivered: 3000, acknowledged: 3000, reported: 3000, committed: 1000,
      now: 3630, ends: [(3100, 3630)])
    let lag = StreamLag(stream, health: try health(3100, confirmed: 3000, time: 4600))
    #expect(lag.time == .zero && lag.bottleneck == nil && lag.bytes == 100)
  }
}

// MARK: - The bottleneck

extension StreamLagTests {
  @Test func `the step with the most bytes is the bottleneck, if it lasts`() throws {
    let busy = stream(
      received: 3000, delivered: 2000, acknowledged: 1900, reported: 1900, now: 60,
      ends: [(2000, 10), (90_000, 60)])
    #expect(StreamLag(busy, health: try health(90_000, sent: 80_000)).bottleneck == .received)
    #expect(StreamLag(busy, health: try health(90_000, sent: 4000)).bottleneck == .sent)
    #expect(StreamLag(busy).bottleneck == .delivered)
    // A server that has written little more than it has sent does not keep anybody waiting.
    let few = stream(
      received: 3000, delivered: 3000, acknowledged: 3000, reported: 3000, now: 60,
      ends: [(3000, 10), (4000, 20)])
    let lag = StreamLag(few, health: try health(4000, sent: 3000))
    #expect(lag[.sent]?.bytes == 1000 && lag.time == .seconds(50) && lag.bottleneck == nil)
    // What came this moment is no wait.
    let fresh = stream(received: 900, now: 60)
    #expect(StreamLag(fresh).bottleneck == nil)
  }

  @Test func `a report is not late before the interval is over`() {
    for (now, bottleneck) in [(25, nil), (40, Stage.reported)] as [(Int, Stage?)] {
      let stream = stream(
        received: 2000, delivered: 2000, acknowledged: 2000, reported: 1000, now: now)
      #expect(StreamLag(stream).bottleneck == bottleneck)
    }
  }

  @Test func `a consumer that stops the stream is to blame, however much waits at the server`()
    throws
  {
    let health = try health(9_000_000, sent: 4000)
    for isStopped in [false, true] {
      let stream = stream(
        received: 3000, delivered: 2000, acknowledged: 2000, reported: 2000, isStopped: isStopped,
        now: 60, ends: [(2000, 1), (9_000_000, 60)])
      #expect(StreamLag(stream, health: health).bottleneck == (isStopped ? .delivered : .sent))
    }
    // It has taken all, and acknowledges nothing: the momentary stop has no part in it.
    let taken = stream(received: 3000, delivered: 3000, isStopped: true, now: 60)
    #expect(StreamLag(taken).bottleneck == .acknowledged)
  }

  @Test func `a store that is slow is to blame for what waits for it`() {
    let stream = stream(received: 3000, delivered: 2000, reported: 100, isStopped: true, now: 60)
    for waits in [false, true] {
      let statistics = subscription(
        stream, unacknowledged: 1, acknowledged: 1900, saved: 100, hasStore: true,
        waitsForStore: waits)
      let lag = StreamLag(statistics)
      #expect(
        bytes(lag) == [
          .received: 0, .delivered: 1000, .acknowledged: 100, .saved: 1800, .reported: 0,
        ])
      #expect(lag.bottleneck == .saved)
    }
    // Even if most of it has not been taken.
    let behind = self.stream(received: 90_000, delivered: 2000, reported: 100, now: 900)
    for waits in [false, true] {
      let lag = StreamLag(
        subscription(
          behind, unacknowledged: 1, acknowledged: 1900, saved: 100, hasStore: true,
          waitsForStore: waits))
      #expect(lag.bottleneck == (waits ? .saved : .delivered))
    }
  }

  @Test func `log without transactions is not waited for`() {
    // The log has grown by other tables' changes, and the slot is not to follow it.
    let stream = stream(received: 3000, delivered: 1000, reported: 1000, taken: 3000, now: 60)
    let idle = StreamLag(
      subscription(stream, acknowledged: 1000, saved: 1000, hasStore: true))
    #expect(
      bytes(idle) == [
        .received: 0, .delivered: 0, .acknowledged: 0, .saved: 0, .reported: 2000,
      ])
    #expect(idle.bottleneck == .reported)
    let open = StreamLag(
      subscription(stream, unacknowledged: 1, acknowledged: 1000, saved: 1000, hasStore: true))
    #expect(open.bottleneck == .acknowledged && open[.acknowledged]?.bytes == 2000)
  }

  @Test func `a subscription that acknowledges nothing ends with what it has delivered`() throws {
    let stream = stream(received: 3000, delivered: 3000, now: 60)
    let lag = StreamLag(
      subscription(stream, acknowledged: 100, leavesSlot: true),
      health: try health(3000, confirmed: 100))
    #expect(lag.steps.map(\.stage) == [.server, .received, .delivered])
    #expect(lag.bytes == 0 && lag.bottleneck == nil)
  }

  @Test func `while no stream is open, all that is not acknowledged has to be received again`()
    throws
  {
    let statistics = subscription(
      nil, unacknowledged: 3, acknowledged: 500, saved: 400, hasStore: true)
    let lag = StreamLag(statistics, health: try health(9_000_000, confirmed: 300))
    #expect(
      bytes(lag) == [
        .server: 0, .received: 8_999_500, .delivered: 0, .acknowledged: 0, .saved: 100,
        .confirmed: 100,
      ])
    #expect(lag.bottleneck == .received && lag.time == nil)
    #expect(statistics.lag.bytes == 100)
  }
}
