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

  /// How long the former connector may still hold the slot, and the target may fail.
  private static let patience = Duration.seconds(60)

  /// Does all of it, and says what it has done.
  ///
  /// - Throws: `ExitCode` for what was reported already.
  func run() async throws {
    let position = try await readPosition()
    let sink = target.sink(logger)
    try await checkState(sink)
    Console.say("writing what the source has committed up to \(position)")
    try await write(upTo: position)
    if let code = Signals.exitCode { throw ExitCode(code) }
    try await checkState(sink)
    Console.say("the target has everything up to \(position)")
    let copied = try await sink.copySequences(from: plan.params, margin: margin)
    for sequence in copied { Console.say("\(sequence.name) continues after \(sequence.value)") }
    let check = try await sink.checkSequences(from: plan.params)
    for fault in check.faults { Console.say("error: \(fault)") }
    guard check.faults.isEmpty else { throw ExitCode.failure }
    Console.say(
      "sequences: \(copied.count) set, \(check.ready.count) checked; applications can use the "
        + "target")
  }

  /// Where the source is, once nobody holds the slot any more.
  private func readPosition() async throws -> LSN {
    let client = try Client(plan.params)
    defer { client.close() }
    let end = ContinuousClock.now + (plan.options.retry.timeout ?? Self.patience)
    var slot = try await existing(client)
    while slot.isActive {
      guard ContinuousClock.now < end else {
        let holder = slot.activePID.map { "PID \($0)" } ?? "another session"
        throw PlanError(
          "slot \"\(slot.name)\" is held by \(holder) in the source; end the connector that runs, "
            + "and start this again")
      }
      try await Task.sleep(for: .milliseconds(200))
      slot = try await existing(client)
    }
    return try await client.insertLSN()
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
  private func write(upTo position: LSN) async throws {
    var bounded = plan
    // The position is where the next record goes.
    bounded.params.stopAt = LSN(rawValue: max(position.rawValue, 1) - 1)
    if bounded.options.retry.timeout == nil { bounded.options.retry.timeout = Self.patience }
    let asked = bounded
    let connector = try ValidationError.checking {
      try asked.connector(into: target.sink(logger))
    }
    try await ConnectorRunner([connector], http: nil, stopTimeout: stopTimeout, logger).run()
  }
}
