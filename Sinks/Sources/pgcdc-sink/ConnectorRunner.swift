internal import ArgumentParser
internal import ChangeSinks
internal import Logging
internal import ReplicationCore

/// Runs connectors until they end or a signal comes, and answers questions about them.
struct ConnectorRunner {
  private let connectors: [PlannedConnector]
  private let http: HTTPAddress?
  private let stopTimeout: Duration
  private let openingTimeout: Duration?
  private let logger: Logger

  /// - Parameters:
  ///   - http: Where questions are answered; nowhere if `nil`.
  ///   - stopTimeout: How long they may take to end after a signal.
  ///   - openingTimeout: How long their first streams may take to open; `nil` for no limit.
  ///   - endsTogether: Whether all are stopped when one fails for good.
  init(
    _ connectors: [PlannedConnector], http: HTTPAddress?, stopTimeout: Duration,
    openingTimeout: Duration? = nil, endsTogether: Bool = false, _ logger: Logger
  ) {
    self.connectors = connectors.map { connector in
      var connector = connector
      connector.member.endsGroup = endsTogether
      return connector
    }
    self.http = http
    self.stopTimeout = stopTimeout
    self.openingTimeout = openingTimeout
    self.logger = logger
  }

  /// Returns when all have ended.
  ///
  /// - Throws: `ExitCode` if one has failed, which was reported then; ``PlanError`` if questions
  ///   can't be answered at the address; ``OpeningTimeout``.
  func run() async throws {
    let group = ConnectorGroup(connectors.map(\.member), logger: logger)
    let monitor = Monitor(group, connectors)
    var server: HTTPServer?
    if let http {
      let opened = try HTTPServer(http) { monitor.response(to: $0) }
      Console.say("answering /health and /metrics at http://\(opened.address)")
      server = opened
    }
    let watch = server == nil ? nil : Task { await monitor.run() }
    let stopTimeout = stopTimeout
    Signals.onFirst { Task { await group.stop(within: stopTimeout) } }
    let opening = openingTimeout.map { limit in
      Task { await Self.stop(group, within: stopTimeout, unlessOpenIn: limit) }
    }
    let ends = await group.run()
    watch?.cancel()
    server?.stop()
    opening?.cancel()
    let isLate = await opening?.value ?? false
    try report(ends)
    if isLate { throw OpeningTimeout() }
  }

  /// Stops a group unless the streams of all its members are open in time.
  ///
  /// - Returns: Whether it was stopped.
  private static func stop(
    _ group: ConnectorGroup, within stopTimeout: Duration, unlessOpenIn limit: Duration
  ) async -> Bool {
    let end = ContinuousClock.now + limit
    var waiting = group.members
    while ContinuousClock.now < end {
      waiting.removeAll { $0.subscription?.statistics.stream != nil }
      if waiting.isEmpty { return false }
      do { try await Task.sleep(for: .milliseconds(50)) } catch { return false }
    }
    await group.stop(within: stopTimeout)
    return true
  }

  private func report(_ ends: [ConnectorGroup.MemberStatistics]) throws {
    var hasFailed = false
    for end in ends {
      guard let words = Self.words(for: end) else { continue }
      Console.say("error: \(ends.count == 1 ? "" : "\(end.name): ")\(words)")
      hasFailed = true
    }
    if hasFailed { throw ExitCode.failure }
  }

  /// Why an end is a failure; `nil` if it is none.
  private static func words(for end: ConnectorGroup.MemberStatistics) -> String? {
    switch end.phase {
    case .ended: nil
    case .failed: end.lastFailure.map { "\($0)" } ?? "it has failed"
    case .cancelled: "it did not end in time, and was interrupted; what it had is written again"
    case .abandoned: "it did not end in time; what it had is written again"
    default: "it was not run"
    }
  }
}

/// A connector was stopped because its stream did not open in time.
struct OpeningTimeout: Error {}
