#if Metrics
  import Metrics
  import MetricsTestKit
  import PGWire
  import Testing

  @testable import ReplicationCore

  /// How a subscription is doing, through swift-metrics.
  @Suite struct MetricsTraitTests {
    private func statistics(_ bytes: Int, reconnects: Int) -> Subscription.Statistics {
      let stream = StreamStatistics(
        bytesReceived: bytes, messagesReceived: 3, eventsDelivered: 3, bytesBuffered: 7,
        timeStopped: .milliseconds(5), feedbackSent: 2, received: LSN(rawValue: 100),
        delivered: .zero, acknowledged: .zero, reportedFlush: LSN(rawValue: 40),
        serverWALEnd: .zero, lastServerMessage: nil, lastCommitTime: nil)
      return Subscription.Statistics(
        stream: stream, reconnects: reconnects, unacknowledged: 4,
        oldestUnacknowledged: .milliseconds(2500), abandoned: 1, acknowledged: .zero, saved: .zero,
        streamedTransactions: 2, bytesKept: 10, bytesSpilled: 1000)
    }

    @Test func `has a figure for each name, and totals that go on over reconnects`() throws {
      let factory = TestMetrics()
      var report = MetricsReport(slot: "orders", factory)
      report.record(statistics(500, reconnects: 0))
      report.record(statistics(700, reconnects: 0))
      // A new stream counts from zero.
      report.record(statistics(50, reconnects: 1))
      let slot = [("slot", "orders")]
      func total(_ name: String) throws -> Int64 {
        try factory.expectCounter(name, slot).values.reduce(0, +)
      }
      func last(_ name: String) throws -> Double? {
        try factory.expectGauge(name, slot).lastValue
      }
      #expect(try total("pgrepl_received_bytes_total") == 750)
      #expect(try total("pgrepl_received_messages_total") == 3)
      #expect(try total("pgrepl_feedback_total") == 2)
      #expect(try total("pgrepl_stopped_milliseconds_total") == 5)
      #expect(try total("pgrepl_spilled_bytes_total") == 1000)
      #expect(try total("pgrepl_reconnects_total") == 1)
      #expect(try last("pgrepl_lag_bytes") == 60)
      #expect(try last("pgrepl_lag_seconds") == 0)
      func step(_ stage: String, _ name: String) throws -> Double? {
        try factory.expectGauge(name, slot + [("step", stage)]).lastValue
      }
      #expect(try step("delivered", "pgrepl_step_lag_bytes") == 60)
      #expect(try step("acknowledged", "pgrepl_step_lag_bytes") == 0)
      #expect(try step("acknowledged", "pgrepl_step_lag_seconds") == 0)
      // Nothing is above what was received, since the server was not asked.
      #expect(throws: (any Error).self) { try step("received", "pgrepl_step_lag_bytes") }
      #expect(try last("pgrepl_buffered_bytes") == 7)
      #expect(try last("pgrepl_streamed_transactions") == 2)
      #expect(try last("pgrepl_unacknowledged_transactions") == 4)
      #expect(try last("pgrepl_unacknowledged_seconds") == 2.5)
      #expect(try last("pgrepl_abandoned_transactions") == 1)
    }
  }
#endif
