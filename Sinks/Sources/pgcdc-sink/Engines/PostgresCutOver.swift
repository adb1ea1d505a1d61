internal import ArgumentParser
internal import ChangeSinks
internal import Logging
internal import PGWire
internal import PostgresSink
internal import ReplicationCore

/// The move of an application to the target: first everything that the source has, then the values
/// of its sequences.
///
/// The application is stopped, and so is the connector that has mirrored the tables.
struct PostgresCutOver {
  let plan: ConnectorPlan
  let target: PostgresPlan
  /// How many values the sequences leave out.
  let margin: Int64
  /// How long the connector may take to end cleanly after a signal.
  let stopTimeout: Duration
  let logger: Logger

  /// How long the stream may take to open.
  var openingTimeout = Duration.seconds(60)
  /// The status to end with before the next step; `nil` to continue.
  var interruption: @Sendable () -> Int32? = { Signals.exitCode }

  /// How long the former connector may still hold the slot, transactions of the source may last,
  /// and the target may fail, unless the time for attempts is given.
  private static let patience = Duration.seconds(60)

  private var patience: Duration { plan.options.retry.timeout ?? Self.patience }

  /// Does all of it, and says what it has done.
  ///
  /// - Throws: `ExitCode` for what was reported already.
  func run() async throws {
    let sink = target.sink(logger)
    let position = try await readPosition()
    try throwIfSignalled()
    try await checkState(sink)
    try throwIfSignalled()
    Console.say("writing what the source has committed up to \(position)")
    try await write(upTo: position)
    try throwIfSignalled()
    try await checkState(sink)
    try throwIfSignalled()
    Console.say("the target has everything up to \(position)")
    let copy = try await sink.copySequences(from: plan.params, margin: margin)
    for sequence in copy.sequences {
      Console.say(
        "\(sequence.name) continues \(sequence.isCalled ? "after" : "with") \(sequence.value)")
    }
    try throwIfSignalled()
    let check = try await sink.checkSequences(from: plan.params, after: copy)
    for fault in check.faults { Console.say("error: \(fault)") }
    guard check.faults.isEmpty else { throw ExitCode.failure }
    try throwIfSignalled()
    Console.say(
      "sequences: \(copy.sequences.count) set, \(check.ready.count) checked; applications can use "
        + "the target")
  }

  /// Ends it if a signal has come: while no connector runs, nobody else looks at it.
  private func throwIfSignalled() throws {
    if let code = interruption() { throw ExitCode(code) }
  }

  /// Where the source is, once nobody holds the slot any more, and the transactions have ended that
  /// might still commit.
  private func readPosition() async throws -> LSN {
    let client = try Client(plan.params)
    defer { client.close() }
    let end = ContinuousClock.now + patience
    var slot = try await existing(client)
    while slot.isActive {
      try throwIfSignalled()
      guard ContinuousClock.now < end else { throw Self.isHeld(slot) }
      try await Task.sleep(for: .milliseconds(200))
      slot = try await existing(client)
    }
    try await SourceTransactions(connection: plan.params.connection).end(within: patience)
    return try await client.insertLSN()
  }

  private static func isHeld(_ slot: ReplicationSlot) -> PlanError {
    let holder = slot.activePID.map { "PID \($0)" } ?? "another session"
    return PlanError(
      "slot \"\(slot.name)\" is held by \(holder) in the source; end the connector that runs, "
        + "and start this again")
  }

  private func existing(_ client: Client) async throws -> ReplicationSlot {
    guard let slot = try await client.slot() else {
      throw PlanError(
        "slot \"\(plan.params.slot)\" does not exist; run the connector without --cut-over first")
    }
    return slot
  }

  /// Makes sure that the tables were mirrored, all of them to their end.
  private func checkState(_ sink: PostgresSink) async throws {
    let state = try await sink.open(slot: plan.params.slot)
    await sink.close()
    guard let checkpoint = state.checkpoint else {
      throw PlanError(
        "the target has nothing of slot \"\(plan.params.slot)\"; run the connector without "
          + "--cut-over first")
    }
    let unfinished = checkpoint.incremental?.tables.count(where: { $0.wholeFrom == nil }) ?? 0
    guard unfinished == 0 else {
      throw PlanError(
        "\(unfinished) tables are still being read; run the connector without --cut-over until "
          + "they are whole")
    }
  }

  /// Runs the connector until it has written everything before a position.
  ///
  /// - Throws: `ExitCode` for what was reported already; ``PlanError`` if the stream does not open
  ///   in time, for example because another connector has taken the slot.
  func write(upTo position: LSN) async throws {
    var bounded = plan
    // The position is where the next record goes.
    bounded.params.stopAt = LSN(rawValue: max(position.rawValue, 1) - 1)
    bounded.options.retry.timeout = patience
    let asked = bounded
    let connector = try ValidationError.checking {
      try asked.connector(into: target.sink(logger))
    }
    let runner = ConnectorRunner(
      [connector], http: nil, stopTimeout: stopTimeout, openingTimeout: openingTimeout, logger)
    do {
      try await runner.run()
    } catch is OpeningTimeout {
      try throwIfSignalled()
      let error = try await lateness()
      throw error
    }
  }

  /// Why the stream has not opened in time.
  private func lateness() async throws -> PlanError {
    let client = try Client(plan.params)
    defer { client.close() }
    let slot = try await existing(client)
    if slot.isActive { return Self.isHeld(slot) }
    return PlanError(
      "the stream of slot \"\(slot.name)\" did not open within \(openingTimeout); start this again")
  }
}
