import PGWire
import TestSupport
import Testing

@testable import ReplicationCore

/// When the creation of a slot is given up.
@Suite(.timeLimit(.minutes(2))) struct SlotWatchTests {
  /// When it was given up.
  private final class Loss: Sendable {
    private let moment = Lock<Duration?>(nil)

    var time: Duration? { moment.withLock { $0 } }

    func note(_ time: Duration) { moment.withLock { $0 = time } }
  }

  /// Watches over a server that can't be reached, with no patience at all.
  ///
  /// - Returns: When it was given up, if it was.
  private func watch(
    _ body: (Loss) async throws -> Void
  ) async throws -> Duration? {
    let loss = Loss()
    let start = MonotonicTime.now()
    let watch = SlotWatch(
      ControlLink(try ConnectionOptions("host=/nonexistent user=u")), RepetitionLog(quietLogger),
      onWait: nil, limit: .zero, onLoss: { _ in loss.note(MonotonicTime.now() - start) })
    try await watch.during { process throws(ReplicationError) in
      process.started(as: 1)
      do { try await body(loss) } catch { throw .cancelled }
    }
    return loss.time
  }

  /// The looks are at 1 s and 2 s, and an answer has 2 s more.
  @Test func `one look that fails is not enough, and an answer has a moment to arrive`()
    async throws
  {
    let time = try await watch { loss in
      while loss.time == nil { try await Task.sleep(for: .milliseconds(20)) }
    }
    #expect(try #require(time) >= .milliseconds(3500))
  }

  @Test func `an answer that comes in that moment is taken`() async throws {
    let time = try await watch { _ in try await Task.sleep(for: .milliseconds(2500)) }
    #expect(time == nil)
  }
}
