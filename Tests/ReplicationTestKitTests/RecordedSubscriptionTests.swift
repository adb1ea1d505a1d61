import Foundation
import PGOutput
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

/// Recordings of real servers, played to subscriptions in memory.
@Suite(.timeLimit(.minutes(15))) struct RecordedSubscriptionTests {
  /// What was delivered of one transaction.
  fileprivate struct Delivered: Hashable {
    let commit: LSN
    let changes: [String]

    /// The changes of rows: what describes a table comes again after a new beginning.
    var rows: [String] { changes.filter { !$0.hasPrefix("relation") } }
  }

  private static let folder = URL(filePath: #filePath)
    .appending(path: "../../../Fixtures/pgoutput").standardized

  static let recordings = [
    "pg13-v1/stream.rec", "pg17-v1/stream.rec", "pg17-streams/v1.rec", "pg17-streams/v1-binary.rec",
    "pg17-streams/v2-on.rec", "pg17-streams/v4-parallel.rec", "pg17-streams/v3-on-two-phase.rec",
    "pg18-streams/v4-parallel-two-phase.rec", "pg18-strays/v2-on.rec",
  ]

  private static func database(_ name: String) throws -> TestDatabase {
    let bytes = Array(try Data(contentsOf: folder.appending(path: name)))
    return try TestDatabase(replaying: Recording(bytes))
  }

  private func follow(
    _ name: String, from store: MemoryCheckpointStore, upTo limit: Int = .max
  ) async throws -> [Delivered] {
    let database = try Self.database(name)
    let subscription = try database.subscription(checkpoints: store) { params in
      params.logger = quietLogger
      params.stopAt = database.currentLSN
    }
    var delivered: [Delivered] = []
    for try await transaction in subscription.transactions {
      var changes: [String] = []
      for try await change in transaction.changes { changes.append(change.words) }
      delivered.append(Delivered(commit: transaction.commitLSN, changes: changes))
      transaction.acknowledge()
      if delivered.count == limit { break }
    }
    try await subscription.close()
    return delivered
  }

  @Test(arguments: recordings)
  func `a recording is continued from any checkpoint`(name: String) async throws {
    let all = try await follow(name, from: MemoryCheckpointStore())
    #expect(all.count > 1)
    for count in Set([1, all.count / 2, all.count - 1]) {
      let store = MemoryCheckpointStore()
      let first = try await follow(name, from: store, upTo: count)
      let rest = try await follow(name, from: store)
      #expect(first == Array(all.prefix(count)))
      #expect(rest.map(\.commit) == all.dropFirst(count).map(\.commit))
      #expect(rest.map(\.rows) == all.dropFirst(count).map(\.rows))
    }
  }

  @Test func `every insert of the recording is delivered`() async throws {
    let lines = try String(
      contentsOf: Self.folder.appending(path: "pg17-v1/expected.jsonl"), encoding: .utf8)
    let expected = lines.split(separator: "\n").count { $0.hasPrefix(#"{"kind":"insert""#) }
    let all = try await follow("pg17-v1/stream.rec", from: MemoryCheckpointStore())
    #expect(all.flatMap(\.changes).count { $0.hasPrefix("insert") } == expected)
    #expect(expected > 0)
  }

  @Test func `a recording of another plugin is refused`() throws {
    let header = Recording.Header(
      serverVersion: "17.5", plugin: "test_decoding", options: [:])
    #expect(throws: TestDatabaseError.foreignPlugin("test_decoding")) {
      try TestDatabase(replaying: Recording(header.encoded))
    }
  }
}

extension TransactionChange {
  /// What it is, in words that hold no memory.
  fileprivate var words: String {
    switch self {
    case .insert(let row): "insert \(row.relation.qualifiedName) \(row.byteCount)"
    case .update(let row): "update \(row.relation.qualifiedName) \(row.byteCount)"
    case .delete(let row): "delete \(row.relation.qualifiedName) \(row.byteCount)"
    case .truncate(let truncate, _): "truncate \(truncate.relations.map(\.name))"
    case .message(let message): "message \(message.prefix)"
    case .relation(let description): "relation \(description.relation.qualifiedName)"
    @unknown default: "?"
    }
  }
}
