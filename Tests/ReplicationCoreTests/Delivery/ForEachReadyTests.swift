import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

@testable import ReplicationCore

/// The changes of a transaction in one go.
@Suite struct ForEachReadyTests {
  private struct Stopped: Error {}

  private static func stream(rows: Int) throws -> SimulatedStream {
    let stream = try SimulatedStream()
    stream.write()
    let commit = stream.position
    _ = stream.ends(at: commit + 8)
    stream.write(8)
    try stream.send(
      [
        PgOutputEncoder.begin(finalLSN: commit, time: 1, xid: 7),
        PgOutputEncoder.relation(9, "t", [.key("id", 23)]),
      ] + (0..<rows).map { PgOutputEncoder.insert(9, new: [.text(Array("\($0)".utf8))]) } + [
        PgOutputEncoder.commit(commitLSN: commit, endLSN: commit + 8, time: 1)
      ])
    return stream
  }

  private static func id(of change: TransactionChange) throws -> Int? {
    try change.row?.withRow { try $0["id", as: Int.self] }
  }

  @Test func `all that are there come in one call, and then there is none`() async throws {
    let stream = try Self.stream(rows: 200)
    let transaction = try #require(try await stream.takeBeginning())
    var found: [Int] = []
    var calls = 0
    while try await transaction.forEachReady({ change in
      if let id = try Self.id(of: change) { found.append(id) }
    }) { calls += 1 }
    #expect(found == Array(0..<200))
    #expect(calls == 1)
    #expect(transaction.endLSN != nil)
  }

  @Test func `what is behind one that was refused comes with the next call`() async throws {
    let stream = try Self.stream(rows: 200)
    let transaction = try #require(try await stream.takeBeginning())
    var found: [Int] = []
    for stop in [50, 51, 63, 120, 127, 199] {
      await #expect(throws: Stopped.self) {
        _ = try await transaction.forEachReady { change in
          guard let id = try Self.id(of: change) else { return }
          found.append(id)
          if id == stop { throw Stopped() }
        }
      }
    }
    for try await change in transaction.changes {
      if let id = try Self.id(of: change) { found.append(id) }
    }
    #expect(found == Array(0..<200))
  }

  @Test func `nothing else is given while they are passed`() async throws {
    let stream = try Self.stream(rows: 2)
    let transaction = try #require(try await stream.takeBeginning())
    let source = stream.subscription.source
    var refusals = 0
    _ = try await transaction.forEachReady { _ in
      do throws(ReplicationError) {
        _ = try source.readyTransaction()
      } catch {
        if error == .concurrentReceive { refusals += 1 }
      }
    }
    #expect(refusals == 3)
  }
}
