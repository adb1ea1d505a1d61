#if Metrics
  public import Metrics
  internal import PGWire

  extension Subscription {
    /// Reports statistics through swift-metrics, until the task is cancelled.
    ///
    /// Each has the dimension `slot`, and the steps of the lag (``StreamLag``) also the dimension
    /// `step`: a stage, such as `delivered`. Counters (their names end in `_total`) continue over
    /// reconnects.
    ///
    /// | name | what it is |
    /// |---|---|
    /// | `pgrepl_lag_bytes` | WAL from the acknowledged position to the server's end |
    /// | `pgrepl_step_lag_bytes` | WAL that the stage above has and this one has not |
    /// | `pgrepl_step_lag_seconds` | how much older its position is than that of the stage above |
    /// | `pgrepl_retained_bytes` | WAL that the server keeps for the slot, if the server is asked |
    /// | `pgrepl_undelivered_bytes` | WAL received and not taken by the consumer |
    /// | `pgrepl_unacknowledged_bytes` | WAL taken by the consumer and not acknowledged |
    /// | `pgrepl_lag_seconds` | age of the last transaction taken, while others wait behind it |
    /// | `pgrepl_received_bytes_total` | bytes taken from the socket |
    /// | `pgrepl_received_messages_total` | messages of the plugin |
    /// | `pgrepl_feedback_total` | reports sent to the server |
    /// | `pgrepl_stopped_milliseconds_total` | time for which reading was stopped by the consumer |
    /// | `pgrepl_buffered_bytes` | bytes of the budget in use |
    /// | `pgrepl_streamed_transactions` | transactions in progress of which blocks have arrived |
    /// | `pgrepl_spilled_bytes_total` | bytes of these that were written to the file |
    /// | `pgrepl_unacknowledged_transactions` | delivered and not acknowledged |
    /// | `pgrepl_unacknowledged_seconds` | how long ago the oldest of them was delivered |
    /// | `pgrepl_abandoned_transactions` | dropped without being acknowledged |
    /// | `pgrepl_reconnects_total` | streams reopened |
    ///
    /// With the package's trait `Metrics`.
    ///
    /// - Parameters:
    ///   - interval: How often to report.
    ///   - factory: Where to report; by default the factory of the process.
    ///   - asksServer: Whether the server is asked each time, over a control connection, how far
    ///     the slot is behind. Otherwise, and while the server can't be asked, the lag is what the
    ///     stream knows, which is too low while a slow consumer keeps it from reading.
    public func reportMetrics(
      every interval: Duration = .seconds(10), to factory: (any MetricsFactory)? = nil,
      asksServer: Bool = true
    ) async {
      var report = MetricsReport(slot: params.slot, factory ?? MetricsSystem.factory)
      while !Task.isCancelled {
        let health = asksServer ? try? await slotHealth() : nil
        report.record(statistics, health ?? nil)
        try? await Task.sleep(for: interval)
      }
      report.record(statistics)
    }
  }

  /// What was reported, and what to report it with.
  struct MetricsReport {
    private let slot: String
    private let factory: any MetricsFactory
    private var totals: [String: Total] = [:]
    private var gauges: [GaugeKey: Gauge] = [:]

    private struct GaugeKey: Hashable {
      let name: String
      let step: StreamLag.Stage?
    }

    private struct Total {
      let counter: Counter
      var last = 0
    }

    init(slot: String, _ factory: any MetricsFactory) {
      self.slot = slot
      self.factory = factory
    }

    mutating func record(_ statistics: Subscription.Statistics, _ health: SlotHealth? = nil) {
      if let lag = health?.lagBytes ?? statistics.stream?.lagBytes {
        set("pgrepl_lag_bytes", Double(lag))
      }
      if let retained = health?.retainedBytes { set("pgrepl_retained_bytes", Double(retained)) }
      // Nothing is above the first stage.
      for step in StreamLag(statistics, health: health).steps.dropFirst() {
        set("pgrepl_step_lag_bytes", Double(step.bytes), step: step.stage)
        if let time = step.time { set("pgrepl_step_lag_seconds", time.seconds, step: step.stage) }
      }
      if let stream = statistics.stream {
        set("pgrepl_undelivered_bytes", Double(stream.undeliveredBytes))
        set("pgrepl_unacknowledged_bytes", Double(stream.unacknowledgedBytes))
        set("pgrepl_lag_seconds", stream.lag().seconds)
        set("pgrepl_buffered_bytes", Double(stream.bytesBuffered))
        count("pgrepl_received_bytes_total", stream.bytesReceived)
        count("pgrepl_received_messages_total", stream.messagesReceived)
        count("pgrepl_feedback_total", stream.feedbackSent)
        count(
          "pgrepl_stopped_milliseconds_total", Int(stream.timeStopped.wholeNanoseconds / 1_000_000))
      }
      set("pgrepl_streamed_transactions", Double(statistics.streamedTransactions))
      set("pgrepl_unacknowledged_transactions", Double(statistics.unacknowledged))
      set("pgrepl_unacknowledged_seconds", statistics.oldestUnacknowledged?.seconds ?? 0)
      set("pgrepl_abandoned_transactions", Double(statistics.abandoned))
      count("pgrepl_spilled_bytes_total", statistics.bytesSpilled)
      count("pgrepl_reconnects_total", statistics.reconnects)
    }

    private mutating func set(_ name: String, _ value: Double, step: StreamLag.Stage? = nil) {
      var dimensions = [("slot", slot)]
      if let step { dimensions.append(("step", step.rawValue)) }
      let key = GaugeKey(name: name, step: step)
      let gauge = gauges[key] ?? Gauge(label: name, dimensions: dimensions, factory: factory)
      gauges[key] = gauge
      gauge.record(value)
    }

    private mutating func count(_ name: String, _ value: Int) {
      var total =
        totals[name]
        ?? Total(counter: Counter(label: name, dimensions: [("slot", slot)], factory: factory))
      // A new stream counts from zero again.
      total.counter.increment(by: value >= total.last ? value - total.last : value)
      total.last = value
      totals[name] = total
    }
  }

  extension Duration {
    fileprivate var seconds: Double { Double(wholeNanoseconds) / 1e9 }
  }
#endif
