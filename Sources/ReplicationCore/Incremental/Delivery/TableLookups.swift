internal import PGWire

/// Looks up what the publications have, one time after the other, in a task of its own.
///
/// What it finds goes to the deliverer. A failure that may pass is tried again.
final class TableLookups: Sendable {
  private typealias Answer = Result<[IncrementalTable], ReplicationError>

  /// Somebody wants tables to be read.
  private struct Wish: Sendable {
    let number: UInt64
    /// Which tables; `nil` for all.
    let names: [String]?

    func includes(_ table: SnapshotTable) -> Bool {
      names?.contains { table.isNamed($0) } ?? true
    }
  }

  private struct State: Sendable {
    /// Those that the next lookup is for.
    var wishes: [Wish] = []
    /// Who waits, by the number of the wish.
    var waiting: [UInt64: CheckedContinuation<Answer, Never>] = [:]
    var lastNumber: UInt64 = 0
    /// Of the attempts since the last that found something.
    var backoff = RangeBackoff()
    var isFinished = false
    var tasks: [Task<Void, Never>] = []
  }

  private let state = Lock(State())
  /// Which tables are read without being asked for.
  private let options: IncrementalSnapshotOptions?
  private let signal: AsyncStream<Void>.Continuation
  /// The wait after a failure.
  private static let retryInterval = Duration.seconds(1)

  /// - Parameter options: Which tables are read without being asked for, and how often they are
  ///   looked up; `nil` if none are.
  init(_ requests: SnapshotRequests, _ options: IncrementalSnapshotOptions?) {
    self.options = options
    let (work, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    self.signal = signal
    let worker = Task { [weak self, weak requests] in
      for await _ in work {
        guard let self, let requests else { return }
        await lookUp(requests)
      }
    }
    var tasks = [worker]
    if let interval = options?.lookupInterval {
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
  ///
  /// - Throws: ``ReplicationError/cancelled`` if the task is; a lookup that had begun by then still
  ///   counts.
  func tables(named names: [String]?) async throws(ReplicationError) -> [IncrementalTable] {
    let number = state.withLock { state in
      state.lastNumber += 1
      return state.lastNumber
    }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { waiting in
        let refusal = state.withLock { state -> ReplicationError? in
          if state.isFinished { return .closed }
          if Task.isCancelled { return .cancelled }
          state.wishes.append(Wish(number: number, names: names))
          state.waiting[number] = waiting
          return nil
        }
        if let refusal { waiting.resume(returning: .failure(refusal)) } else { signal.yield() }
      }
    } onCancel: {
      state.withLock { $0.wishes.removeAll { $0.number == number } }
      answer(number, .failure(.cancelled))
    }
    return try result.get()
  }

  private func answer(_ number: UInt64, _ answer: Answer) {
    state.withLock { $0.waiting.removeValue(forKey: number) }?.resume(returning: answer)
  }

  func finish() {
    let (waiting, tasks) = state.withLock { state in
      state.isFinished = true
      defer { (state.wishes, state.waiting, state.tasks) = ([], [:], []) }
      return (state.waiting, state.tasks)
    }
    signal.finish()
    for task in tasks { task.cancel() }
    for waiting in waiting.values { waiting.resume(returning: .failure(.closed)) }
  }

  private func lookUp(_ requests: SnapshotRequests) async {
    let wishes = state.withLock { state in
      defer { state.wishes = [] }
      return state.wishes
    }
    do throws(ReplicationError) {
      let (tables, point) = try await requests.readers().tables { [options] table in
        options?.includes(table) == true || wishes.contains { $0.includes(table) }
      }
      state.withLock { $0.backoff = RangeBackoff() }
      requests.post(.found(tables, at: point))
      for wish in wishes {
        let chosen = Self.choose(wish.names, from: tables)
        if case .success(let chosen) = chosen {
          requests.post(.read(Set(chosen.map(\.oid)), of: tables, at: point))
        }
        answer(wish.number, chosen)
      }
    } catch {
      for wish in wishes { answer(wish.number, .failure(error)) }
      guard !Task.isCancelled, error != .closed else { return }
      let remedy = state.withLock { state in
        state.backoff.failed(now: .now)
        return state.backoff.remedy(for: error)
      }
      if remedy == .none {
        // Without a wish, the deliverer needs the tables to continue.
        if options != nil || wishes.isEmpty { requests.post(.failed(error)) }
        return
      }
      try? await Task.sleep(for: Self.retryInterval)
      ask()
    }
  }

  private static func choose(_ names: [String]?, from tables: [IncrementalTable]) -> Answer {
    guard let names else { return .success(tables) }
    let missing = names.filter { name in !tables.contains { $0.table.isNamed(name) } }
    guard missing.isEmpty else { return .failure(.snapshotRefused(.notPublished(missing))) }
    return .success(tables.filter { table in names.contains { table.table.isNamed($0) } })
  }
}
