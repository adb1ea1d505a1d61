internal import ReplicationCore
internal import Synchronization

/// Looks at how a stream is doing, and shows it.
struct StreamWatch: Sendable {
  private let stream: @Sendable () -> StreamStatistics?
  private let lag: @Sendable (SlotHealth?) -> StreamLag
  private let snapshot: @Sendable () -> SnapshotFigures?
  private let ask: @Sendable () async throws -> SlotHealth?

  /// How long the server's log is watched to see how fast it grows.
  private static let sample = Duration.seconds(1)
  /// The time between two questions to the server.
  private static let pace = Duration.seconds(5)
  /// The same, if the server could not be asked: the role may have just one connection.
  private static let slowPace = Duration.seconds(60)
  /// How long an answer of the server is used.
  private static let validity = Duration.seconds(20)

  init(_ subscription: Subscription) {
    stream = { subscription.statistics.stream }
    lag = { StreamLag(subscription.statistics, health: $0) }
    snapshot = {
      let progress = subscription.snapshotProgress
      return progress.tablesDone < progress.tables ? SnapshotFigures(progress) : nil
    }
    ask = { try await subscription.slotHealth(watchingFor: Self.sample) }
  }

  init(_ duplex: Duplex, of client: Client) {
    stream = { duplex.statistics }
    lag = { StreamLag(duplex.statistics, health: $0) }
    snapshot = { nil }
    ask = {
      let health = try await client.slotHealth(watchingFor: Self.sample)
      if let health { duplex.note(health) }
      return health
    }
  }

  /// What the server said last, and the lag at that moment.
  private struct Answer: Sendable {
    let health: SlotHealth
    let lag: StreamLag
    let time: ContinuousClock.Instant
  }

  private final class LastAnswer: Sendable {
    let value = Mutex<Answer?>(nil)
  }

  /// Shows it every second, until the task is cancelled; then the line is gone.
  func run(on status: StatusLine = StatusLine(isAskedFor: true)) async {
    let answer = LastAnswer()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await askAgainAndAgain(answer) }
      var meter = StreamMeter(status)
      repeat {
        meter.show(figures(answer.value.withLock { $0 }))
      } while await Self.pause(.seconds(1))
      meter.clear()
      group.cancelAll()
    }
  }

  private func figures(_ answer: Answer?) -> StreamFigures {
    var answer = answer
    if let time = answer?.time, ContinuousClock.now - time > Self.validity { answer = nil }
    var figures = StreamFigures(stream(), answer?.lag ?? lag(nil), answer?.health)
    figures.snapshot = snapshot()
    return figures
  }

  private func askAgainAndAgain(_ answer: LastAnswer) async {
    var pace: Duration
    repeat {
      pace = Self.pace
      // While it is opened, the stream may need the last connection that the role has.
      guard stream() != nil else { continue }
      // That the server can't be asked is not an error: the line says what is known without it.
      guard let health = try? await ask() else {
        pace = Self.slowPace
        continue
      }
      let latest = Answer(health: health, lag: lag(health), time: .now)
      answer.value.withLock { $0 = latest }
    } while await Self.pause(pace)
  }

  /// - Returns: Whether the time has passed; false if the task is cancelled.
  private static func pause(_ time: Duration) async -> Bool {
    do { try await Task.sleep(for: time) } catch { return false }
    return true
  }
}
