internal import CDCTime
internal import PGWire
internal import PgcdcArguments
internal import ReplicationCore

/// `--snapshot incremental`.
extension StreamCommand {
  /// Streams, and reads tables beside the stream.
  func runIncremental() async throws {
    guard let store = transactions.store else {
      throw RuntimeFailure("--snapshot incremental requires --checkpoint FILE")
    }
    let checkpoint = try await store.load()
    let isContinued = checkpoint?.incremental?.tables.contains { $0.wholeFrom == nil } ?? false
    let memory = try ResnapshotMemory(
      snapshot.resnapshots(), tag: snapshot.resnapshotTag ?? "", checkpoint,
      readsAll: snapshot.reading.tableList == nil)
    if !memory.repeated.isEmpty {
      Console.say(
        "\(memory.repeated.joined(separator: ", ")): already read again, according to the "
          + "checkpoint; use a new --resnapshot-tag to read it once more")
    }
    let client = try arguments.client { params in
      adjust(&params)
      params.createsSlot = true
    }
    if let tables = try snapshot.incrementalOptions().tables { await noteMissing(tables, client) }
    let bounded = try await arguments.bounded(client)
    guard bounded.params.stopAt != nil else {
      _ = try await deliver(
        client, memory, isContinued: isContinued, endsWhenComplete: false)
      return
    }
    // First all tables, however far the stream gets; then the rest, up to the position.
    let unbounded = try bounded.with { $0.stopAt = nil }
    let count = try await deliver(
      unbounded, memory, isContinued: isContinued, endsWhenComplete: true)
    if count == maxTransactions { return }
    _ = try await deliver(bounded, memory.afterAsking, endsWhenComplete: false, after: count)
  }

  /// Reports names that no published table has: they may join later, or be misspelt.
  private func noteMissing(_ names: [String], _ client: Client) async {
    // Another client streams, and the role may have just one connection.
    defer { client.closeControl() }
    guard let tables = try? await client.publishedTables() else { return }
    let known = Set(tables.flatMap { [$0.name, "\($0.schema).\($0.name)"] })
    let missing = names.filter { !known.contains($0) }
    if missing.isEmpty { return }
    Console.say(
      "no published table is named \(missing.joined(separator: ", ")); it will be read when it is "
        + "published")
  }

  /// - Parameters:
  ///   - isContinued: Whether a part of a table was read before.
  ///   - endsWhenComplete: Whether to end once every table is whole.
  ///   - count: How many transactions were written before.
  /// - Returns: How many were written now.
  private func deliver(
    _ client: Client, _ memory: ResnapshotMemory, isContinued: Bool = false,
    endsWhenComplete: Bool, after count: Int = 0
  ) async throws -> Int {
    let subscription = try transactions.subscription(
      client, from: nil, format: format, acknowledges: true, isWhole: lines.hasCloudEvents,
      snapshot: .incremental(try snapshot.incrementalOptions()))
    if !memory.wanted.isEmpty {
      do {
        try await ask(subscription, memory.wanted)
      } catch {
        _ = await Task { try await subscription.close() }.result
        throw error
      }
    }
    var options = SubscriptionOutputOptions()
    options.takesItems = true
    options.maxTransactions = maxTransactions.map { $0.subtractingSaturating(count) }
    options.userData = memory.userData
    let watch = Task {
      await SnapshotWatch.run(
        subscription, isContinued: isContinued, stopsWhenComplete: endsWhenComplete,
        isShown: !progress)
    }
    let result: Result<Int, any Error>
    do { result = .success(try await deliver(subscription, options)) } catch {
      result = .failure(error)
    }
    // Its line is gone before anything else is printed.
    watch.cancel()
    await watch.value
    return try result.get()
  }

  /// Asks for tables to be read again, before anything is delivered.
  private func ask(_ subscription: Subscription, _ tables: [String]) async throws {
    let told = LastWords()
    while let failure = try await attempt(subscription, tables) {
      let words = "\(failure)"
      if told.isNew(words) { Console.say("trying again: \(words)") }
      try await Task.sleep(for: .seconds(1))
    }
  }

  /// - Returns: What may go away by itself; `nil` if the tables were asked for.
  private func attempt(
    _ subscription: Subscription, _ tables: [String]
  ) async throws(ReplicationError) -> ReplicationError? {
    do throws(ReplicationError) {
      try await subscription.snapshot(of: tables)
      return nil
    } catch {
      guard error.category == .transient else { throw error }
      return error
    }
  }
}
