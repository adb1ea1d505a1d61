internal import PGWire

/// Looks up what the publications have, one time after the other, in a task of its own.
///
/// What it finds goes to the deliverer. A failure that may pass is tried again.
final class TableLookups: Sendable {
  /// Somebody who wants tables to be read.
  private struct Wish: Sendable {
    let names: [String]?
    let answer: CheckedContinuation<Result<[IncrementalTable], ReplicationError>, Never>
  }

  private struct State: Sendable {
    var wishes: [Wish] = []
    var isFinished = false
    var tasks: [Task<Void, Never>] = []
  }

  private let state = Lock(State())
  private let signal: AsyncStream<Void>.Continuation
  /// The wait after a failure.
  private static let retryInterval = Duration.seconds(1)

  init(_ requests: SnapshotRequests, every interval: Duration?) {
    let (work, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    self.signal = signal
    let worker = Task { [weak self, weak requests] in
      for await _ in work {
        guard let self, let requests else { return }
        await lookUp(requests, isRepeated: interval != nil)
      }
    }
    var tasks = [worker]
    if let interval {
      tasks.append(
        Task {
          while !Task.isCancelled {
            signal.yield()
            do { try await Task.sleep(for: interval) } catch { return }
          }
        })
    }
    state.withLock { $0.tasks = tasks }
  }

  /// Looks them up soon.
  func ask() {
    signal.yield()
  }

  /// Looks them up, and has tables of these names read.
  func tables(named names: [String]?) async throws(ReplicationError) -> [IncrementalTable] {
    let result = await withCheckedContinuation { answer in
      let isFinished = state.withLock { state in
        if !state.isFinished { state.wishes.append(Wish(names: names, answer: answer)) }
        return state.isFinished
      }
      if isFinished { answer.resume(returning: .failure(.closed)) } else { signal.yield() }
    }
    return try result.get()
  }

  func finish() {
    let (wishes, tasks) = state.withLock { state in
      state.isFinished = true
      defer { (state.wishes, state.tasks) = ([], []) }
      return (state.wishes, state.tasks)
    }
    signal.finish()
    for task in tasks { task.cancel() }
    for wish in wishes { wish.answer.resume(returning: .failure(.closed)) }
  }

  private func lookUp(_ requests: SnapshotRequests, isRepeated: Bool) async {
    let wishes = state.withLock { state in
      defer { state.wishes = [] }
      return state.wishes
    }
    do throws(ReplicationError) {
      let (tables, snapshot) = try await requests.readers().tables()
      requests.post(.found(tables, at: snapshot))
      for wish in wishes {
        let wanted = Self.choose(wish.names, from: tables)
        if case .success(let wanted) = wanted {
          requests.post(.read(Set(wanted.map(\.oid)), of: tables, at: snapshot))
        }
        wish.answer.resume(returning: wanted)
      }
    } catch {
      for wish in wishes { wish.answer.resume(returning: .failure(error)) }
      guard !Task.isCancelled, error != .closed else { return }
      if error.rangeRemedy == .none {
        // Without a wish, the deliverer needs the tables to continue.
        if isRepeated || wishes.isEmpty { requests.post(.failed(error)) }
        return
      }
      try? await Task.sleep(for: Self.retryInterval)
      ask()
    }
  }

  private static func choose(
    _ names: [String]?, from tables: [IncrementalTable]
  ) -> Result<[IncrementalTable], ReplicationError> {
    guard let names else { return .success(tables) }
    let missing = names.filter { name in !tables.contains { $0.table.isNamed(name) } }
    guard missing.isEmpty else { return .failure(.snapshotRefused(.notPublished(missing))) }
    return .success(tables.filter { table in names.contains { table.table.isNamed($0) } })
  }
}
