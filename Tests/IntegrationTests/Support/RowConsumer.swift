import PGOutput
import ReplicationCore
import Synchronization

/// Counts the rows of table `t` that a subscription brings, and acknowledges them.
final class RowConsumer: Sendable {
  private let state = Mutex((counts: [Int: Int](), failure: nil as ReplicationError?, ended: false))
  /// Rows whose transactions are not acknowledged.
  private let kept: Set<Int>
  let subscription: Subscription

  init(_ subscription: Subscription, keeping kept: Set<Int> = []) {
    self.subscription = subscription
    self.kept = kept
  }

  /// Each row that came, and how often.
  var counts: [Int: Int] { state.withLock { $0.counts } }
  var rows: Set<Int> { Set(counts.keys) }
  /// Whether everything that came is acknowledged and in the store.
  var isSaved: Bool {
    let statistics = subscription.statistics
    return statistics.unacknowledged == 0 && statistics.saved == statistics.acknowledged
  }
  /// What ended it.
  var failure: ReplicationError? { state.withLock { $0.failure } }
  var hasEnded: Bool { state.withLock { $0.ended } }

  /// Takes transactions until there are no more, beside `body`, and closes then.
  func during(_ body: () async throws -> Void) async throws {
    let task = Task { await self.run() }
    do {
      try await body()
    } catch {
      subscription.stop()
      await task.value
      throw failure.map { Ended(with: $0, meanwhile: error) } ?? error
    }
    subscription.stop()
    await task.value
    // Its last report may be for a slot that is gone.
    _ = try? await subscription.close()
  }

  private func run() async {
    do {
      for try await transaction in subscription.transactions {
        let rows: [Int]
        do {
          rows = try await Self.rows(of: transaction)
        } catch ReplicationError.interrupted {
          continue
        }
        state.withLock { state in
          for row in rows { state.counts[row, default: 0] += 1 }
        }
        if !rows.contains(where: kept.contains) {
          transaction.acknowledge()
        } else {
          unacknowledged.withLock { $0.append(transaction) }
        }
      }
    } catch {
      state.withLock { $0.failure = error as? ReplicationError }
    }
    state.withLock { $0.ended = true }
  }

  private let unacknowledged = Mutex<[ReplicationTransaction]>([])

  private static func rows(of transaction: ReplicationTransaction) async throws -> [Int] {
    var rows: [Int] = []
    for try await change in transaction.changes {
      guard case .insert(let row) = change else { continue }
      rows.append(try row.withRow { row in Int(try row["id", as: Int64.self]) })
    }
    return rows
  }

  /// Both what the test waited for in vain, and why it did.
  private struct Ended: Error, CustomStringConvertible {
    let with: ReplicationError
    let meanwhile: any Error
    var description: String { "\(meanwhile); the subscription ended with: \(with)" }
  }
}
