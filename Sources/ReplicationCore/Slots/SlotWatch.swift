internal import Logging
internal import PGWire

/// Checks, over a connection of its own, what the creation of a slot waits for.
struct SlotWatch: Sendable {
  private let link: ControlLink
  private let log: RepetitionLog
  private let onWait: (@Sendable (SlotWait) -> Void)?

  init(_ link: ControlLink, _ log: RepetitionLog, onWait: (@Sendable (SlotWait) -> Void)?) {
    self.link = link
    self.log = log
    self.onWait = onWait
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
    var logged: Set<SlotWait.Blocker>?
    while (try? await Task.sleep(for: .seconds(1))) != nil {
      guard let pid = process.number else { continue }
      let elapsed = MonotonicTime.now() - start
      let seen = try? await link.run(known: nil) { control throws(ControlError) in
        try control.ask(.slotWait(of: pid, after: elapsed))
      }
      guard let wait = seen ?? nil, !Task.isCancelled else { continue }
      onWait?(wait)
      if logged != Set(wait.blockers) {
        logged = Set(wait.blockers)
        log.log(
          .notice, "creating the slot takes time", burst: RepetitionLog.burst,
          metadata: ["reason": "\(wait)"])
      }
    }
  }
}
