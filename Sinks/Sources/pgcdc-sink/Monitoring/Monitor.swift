internal import ChangeSinks
internal import ReplicationCore
internal import Synchronization

/// Looks at how connectors are doing, and answers questions about that.
final class Monitor: Sendable {
  /// What a server said of a slot, and when.
  private struct Answer: Sendable {
    let health: SlotHealth
    let time: ContinuousClock.Instant
  }

  private let group: ConnectorGroup
  private let connectors: [PlannedConnector]
  private let start = ContinuousClock.now
  /// By the connectors' places.
  private let answers = Mutex<[Int: Answer]>([:])

  /// The time between two questions to a server.
  private static let pace = Duration.seconds(10)
  /// How long an answer is used.
  private static let validity = Duration.seconds(30)

  /// - Parameter connectors: Those of the group, in its order.
  init(_ group: ConnectorGroup, _ connectors: [PlannedConnector]) {
    self.group = group
    self.connectors = connectors
  }

  /// Asks each connector's server how its slot is doing, until the task is cancelled.
  func run() async {
    await withTaskGroup(of: Void.self) { tasks in
      for index in connectors.indices {
        tasks.addTask { await self.ask(index) }
      }
    }
  }

  private func ask(_ index: Int) async {
    repeat {
      // While it is opened, the stream may need the last connection that the role has.
      guard let subscription = connectors[index].member.subscription,
        subscription.statistics.stream != nil
      else { continue }
      // That the server can't be asked is no error: the metrics say what is known without it.
      guard let health = try? await subscription.slotHealth() else { continue }
      answers.withLock { $0[index] = Answer(health: health, time: .now) }
    } while await Self.pause()
  }

  /// - Returns: Whether the time has passed; false if the task is cancelled.
  private static func pause() async -> Bool {
    do { try await Task.sleep(for: pace) } catch { return false }
    return true
  }

  /// How all connectors are doing now.
  private func figures() -> [ConnectorFigures] {
    let now = ContinuousClock.now
    let known = answers.withLock { $0 }
    return zip(connectors, group.statistics).enumerated().map { index, pair in
      let answer = known[index].flatMap { now - $0.time < Self.validity ? $0 : nil }
      return ConnectorFigures(pair.0, pair.1, age: now - start, answer?.health)
    }
  }

  /// Answers a question.
  func response(to request: HTTPRequest) -> HTTPResponse {
    switch request.path {
    case "/health": return HealthReport(figures()).response
    case "/metrics":
      return HTTPResponse(
        status: 200, reason: "OK", contentType: MetricsText.contentType,
        body: MetricsText(figures()).text)
    default: return .notFound
    }
  }
}
