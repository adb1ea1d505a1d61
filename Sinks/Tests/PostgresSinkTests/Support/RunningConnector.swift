import ChangeSinks
import PGWire
import PostgresSink
import ReplicationCore
import Synchronization

/// A connector that runs in the background.
final class RunningConnector: Sendable {
  let connector: Connector<PostgresSink>
  private let site: TestSite
  private let task: Task<Void, any Error>
  private let failure: Failure

  /// Why it has ended.
  private final class Failure: Sendable {
    let error = Mutex<(any Error)?>(nil)
  }

  private init(_ site: TestSite, _ connector: Connector<PostgresSink>) {
    self.site = site
    self.connector = connector
    let failure = Failure()
    self.failure = failure
    task = Task {
      do {
        try await connector.run()
      } catch {
        failure.error.withLock { $0 = error }
        throw error
      }
    }
  }

  /// Runs a connector as long as `body` does; then it has to end cleanly.
  static func with(
    _ site: TestSite, _ options: ConnectorOptions, sink: PostgresSinkOptions? = nil,
    _ body: (RunningConnector) async throws -> Void
  ) async throws {
    let connector = Connector(
      try site.params, into: PostgresSink(sink ?? site.options), options: options)
    let running = RunningConnector(site, connector)
    do {
      try await body(running)
    } catch {
      connector.stop()
      _ = await running.task.result
      throw running.failure.error.withLock { $0 } ?? error
    }
    connector.stop()
    try await running.task.value
  }

  /// Waits until the target has everything that the source has committed by now.
  func settle() async throws {
    // The first mark may be among the rows of a snapshot, of which others follow.
    for _ in 1...2 { try await setMark() }
  }

  private func setMark() async throws {
    let rows = try await site.source.rows(
      "INSERT INTO marks SELECT coalesce(max(id), 0) + 1 FROM marks RETURNING id")
    let id = (rows.first?.first ?? nil) ?? "0"
    try await wait("mark \(id)") {
      let exists = try await site.target.rows(
        "SELECT 1 WHERE to_regclass('\(site.name).marks') IS NOT NULL")
      guard !exists.isEmpty else { return false }
      return try await !site.target.rows("SELECT 1 FROM marks WHERE id = \(id)").isEmpty
    }
  }

  /// Waits until something is so, or the connector has failed.
  func wait(_ what: String, _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(120)
    while try await !condition() {
      if let error = failure.error.withLock({ $0 }) { throw error }
      guard ContinuousClock.now < end else { throw TookTooLong(what: what) }
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}

/// What was waited for did not happen.
struct TookTooLong: Error {
  let what: String
}
