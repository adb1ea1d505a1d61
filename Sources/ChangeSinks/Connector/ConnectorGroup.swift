public import Logging
internal import PGWire
internal import ReplicationCore

/// Runs any number of connectors side by side, in one process.
///
///     let group = ConnectorGroup([
///       .init(Connector(orders, into: redis)), .init(Connector(audit, into: kafka)),
///     ])
///     let ends = await group.run()
///
/// Each has its own slot, engine and errors: one that fails for good does not end the others,
/// unless ``Member/endsGroup`` says so. A group runs once.
public final class ConnectorGroup: Sendable {
  private struct Entry {
    var statistics: MemberStatistics
    var task: Task<Void, Never>?
    /// The wait before it is begun again.
    var pause: Task<Void, Never>?
  }

  private struct State {
    var entries: [Entry]
    var hasBegun = false
    var isStopped = false

    var areAllOver: Bool { entries.allSatisfy(\.statistics.phase.isOver) }
  }

  /// What it runs.
  public let members: [Member]
  private let logger: Logger
  private let state: Lock<State>
  /// Opened when all members are over.
  private let over = Gate()

  /// How long a member that was cancelled is waited for.
  static let grace = Duration.seconds(1)

  /// A group of members; nothing is begun yet.
  ///
  /// - Parameter logger: The log for ends and errors of members.
  public init(
    _ members: [Member], logger: Logger = Logger(label: "swift-postgres-replication")
  ) {
    self.members = members
    self.logger = logger
    state = Lock(
      State(entries: members.map { Entry(statistics: MemberStatistics($0.name)) }))
  }

  /// How the members are doing, in their order.
  public var statistics: [MemberStatistics] {
    let known = state.withLock { $0.entries.map(\.statistics) }
    return zip(known, members).map { statistics, member in
      var statistics = statistics
      statistics.connector = member.connectorStatistics()
      return statistics
    }
  }

  /// Runs all members until the last one is over.
  ///
  /// If its task is cancelled, so are all members; it returns when they have ended.
  ///
  /// - Returns: How they have ended, in their order; the errors are in
  ///   ``MemberStatistics/lastFailure`` of those whose phase is ``Phase/failed``.
  public func run() async -> [MemberStatistics] {
    begin()
    await withTaskCancellationHandler {
      await over.wait()
    } onCancel: {
      cancelAll()
    }
    return statistics
  }

  /// Stops all members, and waits for them.
  ///
  /// A member that has not ended when the time is over is cancelled. One that does not end even
  /// then is left behind a second later: it still runs, and ``run()`` returns nevertheless.
  ///
  /// - Parameter limit: How long they may take to end cleanly. A connector writes what it has
  ///   taken, and reports that to the server.
  /// - Returns: Whether all have ended by themselves.
  @discardableResult
  public func stop(within limit: Duration = .seconds(30)) async -> Bool {
    stopAll()
    let cutOff = Task {
      guard await Self.pause(limit) else { return }
      cancelAll()
      guard await Self.pause(Self.grace) else { return }
      abandonAll()
    }
    await over.wait()
    cutOff.cancel()
    return statistics.allSatisfy { $0.phase == .ended || $0.phase == .failed }
  }

  private static func pause(_ time: Duration) async -> Bool {
    do { try await Task.sleep(for: time) } catch { return false }
    return true
  }
}

// MARK: - All members

extension ConnectorGroup {
  private func begin() {
    let isOver = state.withLock { state in
      if !state.hasBegun, !state.isStopped {
        for index in members.indices {
          state.entries[index].task = Task { await run(index) }
        }
      }
      state.hasBegun = true
      return state.areAllOver
    }
    if isOver { over.open() }
  }

  /// Asks all members to end.
  private func stopAll() {
    let (pauses, isOver) = state.withLock { state in
      state.isStopped = true
      if !state.hasBegun {
        for index in members.indices { state.entries[index].statistics.enter(.ended) }
      }
      return (state.entries.compactMap(\.pause), state.areAllOver)
    }
    for member in members { member.stop() }
    for pause in pauses { pause.cancel() }
    if isOver { over.open() }
  }

  private func cancelAll() {
    stopAll()
    let tasks = state.withLock { $0.entries.compactMap(\.task) }
    for task in tasks { task.cancel() }
  }

  private func abandonAll() {
    let names = state.withLock { state in
      var names: [String] = []
      for index in members.indices where !state.entries[index].statistics.phase.isOver {
        state.entries[index].statistics.enter(.abandoned)
        names.append(members[index].name)
      }
      return names
    }
    for name in names {
      logger.error("a member of the group does not end", metadata: ["member": "\(name)"])
    }
    over.open()
  }

  private var isStopped: Bool { state.withLock { $0.isStopped } }
}

// MARK: - One member

extension ConnectorGroup {
  private func run(_ index: Int) async {
    let member = members[index]
    var attempts = SinkAttempts(member.restart)
    while !isStopped {
      enter(.running, index)
      attempts.hasOpened()
      guard let error = await failure(of: member) else { return end(.ended, index) }
      if Task.isCancelled || isCancellation(error) { return end(.cancelled, index, error) }
      guard !isStopped, member.restartsAfter(error), let wait = attempts.wait() else {
        return fail(index, error)
      }
      logger.warning(
        "a member of the group has failed, and is begun again",
        metadata: ["member": "\(member.name)", "error": "\(error)", "wait": "\(wait)"])
      await pause(wait, index, error)
    }
    end(Task.isCancelled ? .cancelled : .ended, index)
  }

  /// Runs it once.
  ///
  /// - Returns: Why it has ended; `nil` if it was stopped, or has no more to do.
  private func failure(of member: Member) async -> (any Error)? {
    do {
      try await member.run()
      return nil
    } catch {
      return error
    }
  }

  private func pause(_ time: Duration, _ index: Int, _ error: any Error) async {
    let task = Task { _ = await Self.pause(time) }
    let isStopped = state.withLock { state in
      state.entries[index].pause = task
      state.entries[index].statistics.enter(.pausing)
      state.entries[index].statistics.lastFailure = error
      state.entries[index].statistics.restarts += 1
      return state.isStopped
    }
    if isStopped { task.cancel() }
    await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
    state.withLock { $0.entries[index].pause = nil }
  }

  private func fail(_ index: Int, _ error: any Error) {
    logger.error(
      "a member of the group has failed for good",
      metadata: ["member": "\(members[index].name)", "error": "\(error)"])
    end(.failed, index, error)
    if members[index].endsGroup { stopAll() }
  }

  private func enter(_ phase: Phase, _ index: Int) {
    state.withLock { $0.entries[index].statistics.enter(phase) }
  }

  private func end(_ phase: Phase, _ index: Int, _ error: (any Error)? = nil) {
    let isOver = state.withLock { state in
      state.entries[index].statistics.enter(phase)
      if let error { state.entries[index].statistics.lastFailure = error }
      return state.areAllOver
    }
    if isOver { over.open() }
  }
}

extension ConnectorGroup.MemberStatistics {
  /// Begins a phase; one that is left behind stays so.
  fileprivate mutating func enter(_ phase: ConnectorGroup.Phase) {
    guard self.phase != .abandoned else { return }
    self.phase = phase
    since = .now
  }
}
