internal import Logging
internal import PGWire

/// Checks, over a connection of its own, what the creation of a slot waits for.
struct SlotWatch: Sendable {
  private let link: ControlLink
  private let log: RepetitionLog
  private let onWait: (@Sendable (SlotWait) -> Void)?
  /// How long the server may not be busy with the creation; `nil` for no limit.
  private let limit: Duration?
  private let onLoss: @Sendable (Duration) -> Void

  /// - Parameters:
  ///   - limit: How long the server may not be busy with the creation, or not be reached; `nil` for
  ///     no limit.
  ///   - onLoss: Called once, with the time that it was not.
  init(
    _ link: ControlLink, _ log: RepetitionLog, onWait: (@Sendable (SlotWait) -> Void)?,
    limit: Duration? = nil, onLoss: @escaping @Sendable (Duration) -> Void = { _ in }
  ) {
    self.link = link
    self.log = log
    self.onWait = onWait
    self.limit = limit
    self.onLoss = onLoss
  }

  /// The server's process that creates the slot, once it is known.
  final class Process: Sendable {
    private let pid = Lock<Int32?>(nil)

    func started(as process: Int32) {
      pid.withLock { $0 = process }
    }

    fileprivate var number: Int32? { pid.withLock { $0 } }
  }

  /// Runs `body`, and checks about once a second while it runs.
  ///
  /// An error of a check does not affect `body`.
  func during<R: Sendable>(
    _ body: (Process) async throws(ReplicationError) -> R
  ) async throws(ReplicationError) -> R {
    let process = Process()
    let watching = Task { await watch(process) }
    defer {
      watching.cancel()
      link.close()
    }
    return try await body(process)
  }

  private func watch(_ process: Process) async {
    let start = MonotonicTime.now()
    // A look may take long itself: only what lies between two of them counts.
    var silentSince: MonotonicTime?
    var logged: Set<SlotWait.Blocker>?
    while (try? await Task.sleep(for: .seconds(1))) != nil {
      guard let pid = process.number else { continue }
      let elapsed = MonotonicTime.now() - start
      let seen = await look(at: pid, after: elapsed)
      if Task.isCancelled { return }
      guard case .busy(let wait) = seen else {
        guard seen == .silent, let since = silentSince else {
          silentSince = seen == .silent ? .now() : nil
          continue
        }
        let silence = MonotonicTime.now() - since
        guard let limit, silence >= limit else { continue }
        // The answer may have arrived just now.
        guard (try? await Task.sleep(for: AnswerPatience.grace)) != nil else { return }
        return onLoss(silence)
      }
      silentSince = nil
      onWait?(wait)
      if logged != Set(wait.blockers) {
        logged = Set(wait.blockers)
        log.log(
          .notice, "creating the slot takes time", burst: RepetitionLog.burst,
          metadata: ["reason": "\(wait)"])
      }
    }
  }

  /// What the server's process is seen to do.
  private enum Sight: Equatable {
    /// It creates the slot, and waits for this.
    case busy(SlotWait)
    /// It waits for its client, or no server can be reached.
    case silent
    /// Nobody knows: through a pooler its number is another one, and a server may refuse to say.
    case unknown
  }

  private func look(at pid: Int32, after elapsed: Duration) async -> Sight {
    do throws(ReplicationError) {
      let seen = try await link.run(known: nil) { control throws(ControlError) in
        try control.ask(.slotWait(of: pid, after: elapsed))
      }
      guard let seen else { return .unknown }
      return seen.isOver ? .silent : .busy(seen)
    } catch {
      return error.serverError == nil && error.category == .transient ? .silent : .unknown
    }
  }
}
