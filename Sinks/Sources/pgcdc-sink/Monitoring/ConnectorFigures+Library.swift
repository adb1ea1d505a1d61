internal import ChangeSinks
internal import ReplicationCore

extension ConnectorFigures {
  /// What is known of a connector.
  ///
  /// - Parameters:
  ///   - age: How long ago it was begun.
  ///   - health: What the server said of its slot a moment ago, if it could be asked.
  init(
    _ connector: PlannedConnector, _ statistics: ConnectorGroup.MemberStatistics, age: Duration,
    _ health: SlotHealth?
  ) {
    self.init(name: statistics.name, slot: connector.slot)
    phase = "\(statistics.phase)"
    isOver = statistics.phase.isOver
    self.age = age
    let failure = statistics.lastFailure ?? statistics.connector?.lastFailure
    self.failure = failure.map { "\($0)" }
    let subscription = statistics.connector?.subscription
    hasStream = subscription?.stream != nil
    values[.up] = hasStream ? 1 : 0
    values[.restarts] = Double(statistics.restarts + (statistics.connector?.restarts ?? 0))
    if let progress = connector.member.subscription?.snapshotProgress {
      isReadingTables = connector.readsInitially && progress.tablesDone < progress.tables
      take(progress)
    }
    if let subscription { take(subscription, health) }
  }

  private mutating func take(_ progress: IncrementalSnapshotProgress) {
    values[.snapshotTables] = Double(progress.tables)
    values[.snapshotTablesDone] = Double(progress.tablesDone)
    values[.snapshotRows] = Double(progress.rows)
  }

  private mutating func take(_ statistics: Subscription.Statistics, _ health: SlotHealth?) {
    if let lag = health?.lagBytes ?? statistics.stream?.lagBytes { values[.lagBytes] = Double(lag) }
    if let retained = health?.retainedBytes { values[.retainedBytes] = Double(retained) }
    // Nothing is above the first stage.
    steps = StreamLag(statistics, health: health).steps.dropFirst().map { step in
      Step(
        name: step.stage.rawValue, bytes: Double(step.bytes), seconds: step.time.map(Self.seconds))
    }
    if let stream = statistics.stream { take(stream) }
    values[.streamedTransactions] = Double(statistics.streamedTransactions)
    values[.spilledBytes] = Double(statistics.bytesSpilled)
    values[.unacknowledgedTransactions] = Double(statistics.unacknowledged)
    values[.unacknowledgedSeconds] = statistics.oldestUnacknowledged.map(Self.seconds) ?? 0
    values[.abandonedTransactions] = Double(statistics.abandoned)
    values[.reconnects] = Double(statistics.reconnects)
  }

  private mutating func take(_ stream: StreamStatistics) {
    values[.lagSeconds] = Self.seconds(stream.lag())
    values[.undeliveredBytes] = Double(stream.undeliveredBytes)
    values[.unacknowledgedBytes] = Double(stream.unacknowledgedBytes)
    values[.receivedBytes] = Double(stream.bytesReceived)
    values[.receivedMessages] = Double(stream.messagesReceived)
    values[.feedback] = Double(stream.feedbackSent)
    values[.stopped] = Self.seconds(stream.timeStopped) * 1000
    values[.bufferedBytes] = Double(stream.bytesBuffered)
  }

  private static func seconds(_ time: Duration) -> Double { time / .seconds(1) }
}
