import PGWire
import ReplicationCore

extension MatrixServer {
  /// Tries one way to ask for the stream.
  func outcome(of one: MatrixCase) async -> MatrixOutcome {
    do {
      if let obstacle = one.obstacle(onServer: site.server.version, hasTLS: hasTLS) {
        try await refuse(one, obstacle)
        return .refused(obstacle)
      }
      try await check(one)
      return .ran
    } catch {
      return .failed("\(error)")
    }
  }

  private func params(_ one: MatrixCase, slot: String) -> ReplicationParams {
    site.params { params in
      params.connection = one.usesTLS ? encrypted : clear
      params.slot = slot
      params.protocolVersion = one.version
      params.streaming = one.streaming
      params.usesTwoPhase = one.usesTwoPhase
      params.prefersBinary = one.isBinary
      params.stopAt = end
    }
  }

  // MARK: what is possible

  /// Checks that the server is asked in this way, and that the history comes, all of it and no more.
  private func check(_ one: MatrixCase) async throws {
    let name = slot(usesTwoPhase: one.usesTwoPhase)
    let wanted = params(one, slot: name)
    let duplex = try await Client(wanted).startReplication()
    let asked = duplex.pluginOptions.filter { $0.key != "publication_names" }
    await duplex.close()
    guard asked == one.options else { throw Wrong("the server was asked for \(asked)") }
    try await eventually("the slot is free") {
      try await site.sql.value(
        "SELECT active FROM pg_replication_slots WHERE slot_name = '\(name)'") == "f"
    }
    var options = SubscriptionOptions()
    // So that the next one gets all of it again.
    options.leavesSlot = true
    options.learnsTypes = true
    let subscription = try Subscription(wanted, options: options)
    var receiver = MatrixReceiver()
    for try await transaction in subscription.transactions {
      try await receiver.take(transaction)
    }
    try await subscription.close()
    try check(receiver, one)
  }

  private func check(_ receiver: MatrixReceiver, _ one: MatrixCase) throws {
    let expected = MatrixHistory.expected
    for (index, pair) in zip(receiver.transactions, expected).enumerated() where pair.0 != pair.1 {
      throw Wrong("transaction \(index + 1) is \(pair.0), not \(pair.1)")
    }
    guard receiver.transactions.count == expected.count else {
      throw Wrong("\(receiver.transactions.count) transactions came, not \(expected.count)")
    }
    guard receiver.openCount == 0 else { throw Wrong("a prepared transaction has no end") }
    guard receiver.prepared == (one.usesTwoPhase ? MatrixHistory.prepared : 0) else {
      throw Wrong("\(receiver.prepared) transactions came when they were prepared")
    }
    guard (receiver.streamed > 0) == (one.streaming != .off) else {
      throw Wrong("\(receiver.streamed) transactions came in blocks")
    }
    guard receiver.forms == [one.isBinary ? "binary" : "text"] else {
      throw Wrong("values came as \(receiver.forms.sorted())")
    }
  }

  // MARK: what is not

  /// Checks that the library refuses to ask, with the right error, and that the server would too.
  private func refuse(_ one: MatrixCase, _ obstacle: MatrixCase.Obstacle) async throws {
    let version = site.server.version
    guard let error = await libraryError(one) else { throw Wrong("it was not refused") }
    guard one.isRefusal(error, for: obstacle, onServer: version) else {
      throw Wrong("the error is \(error), but it \(obstacle)")
    }
    // Without TLS there is nobody to ask; that it isn't offered is the server's answer.
    guard obstacle != .noTLS else { return }
    let answer = try await serverError(one)
    // A wrong value of an option (42601 where it was only on or off), a version that is unknown, an
    // option that is unknown.
    guard let state = answer, ["22023", "42601", "0A000", "XX000"].contains(state) else {
      throw Wrong("the server's error is \(answer ?? "none"), but it \(obstacle)")
    }
  }

  private func libraryError(_ one: MatrixCase) async -> ReplicationError? {
    do throws(ReplicationError) {
      let client = try Client(params(one, slot: idleSlot))
      let duplex = try await client.startReplication()
      await duplex.close()
      return nil
    } catch {
      return error
    }
  }

  /// The error's SQLSTATE with which the server refuses these options; `nil` if it takes them.
  ///
  /// The function gives them to the plugin just as START_REPLICATION does, and needs no connection of
  /// its own.
  private func serverError(_ one: MatrixCase) async throws -> String? {
    let options = one.options.merging(["publication_names": "\"\(site.name)\""]) { $1 }
    let words = options.sorted { $0.key < $1.key }.flatMap { [$0.key.literal, $0.value.literal] }
    do {
      try await site.sql.run(
        """
        SELECT count(*) FROM pg_logical_slot_peek_binary_changes(
          '\(idleSlot)', NULL, 1, \(words.joined(separator: ", ")))
        """)
      return nil
    } catch let error as PGWireError {
      guard let state = error.serverError?.sqlState.rawValue else { throw error }
      return state
    }
  }

  /// What is not as it should be.
  private struct Wrong: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }
}
