import Foundation
import PGOutput
import PGWire
import ReplicationCore
import Synchronization
import Testing

/// A table with its publication, for one life after the other, each with a slot of its own.
struct FaultLane: Sendable {
  let site: Site
  /// The name of the table and of the publication, and the beginning of the slots' names.
  let name: String
  /// Straight to the server.
  let sql: WireConnection
  /// How lives connect, but for the relay.
  let connection: ConnectionOptions

  /// The rows that are there when a life begins.
  static let rows = [1, 2, 3]

  static func open(
    _ site: Site, _ number: Int, _ connection: ConnectionOptions
  ) async throws -> FaultLane {
    let sql = try await WireConnection.connect(site.options)
    let name = "\(site.name)l\(number)"
    try await sql.run(
      """
      SET search_path = \(site.name); CREATE TABLE \(name) (id int PRIMARY KEY);
      CREATE PUBLICATION \(name) FOR TABLE \(name)
      """)
    return FaultLane(site: site, name: name, sql: sql, connection: connection)
  }

  /// Removes what the last life has left.
  func reset() async throws {
    try await dropSlots()
    let values = Self.rows.map { "(\($0))" }.joined(separator: ", ")
    try await sql.run("TRUNCATE \(name); INSERT INTO \(name) VALUES \(values)")
  }

  /// Commits one row.
  func write(_ id: Int) async throws {
    try await sql.run("INSERT INTO \(name) VALUES (\(id))")
  }

  /// Whether the slot of a life exists.
  func hasSlot(_ slot: String) async throws -> Bool {
    try await !sql.rows("SELECT 1 FROM pg_replication_slots WHERE slot_name = '\(slot)'").isEmpty
  }

  /// Drops all slots of this lane, held or not.
  ///
  /// A server may still create one for a client that is gone.
  func dropSlots() async throws {
    let slots = "FROM pg_replication_slots WHERE starts_with(slot_name, '\(name)n')"
    try await eventually("the slots of \(name) are gone") {
      try await sql.run("SELECT pg_terminate_backend(active_pid) \(slots) AND active")
      _ = try? await sql.query("SELECT pg_drop_replication_slot(slot_name) \(slots) AND NOT active")
      return try await sql.rows("SELECT 1 \(slots)").isEmpty
    }
  }

  /// The parameters of a life.
  ///
  /// - Parameter patience: How long it waits for anything.
  func params(_ relay: FaultyRelay, slot: String, patience: Duration) -> ReplicationParams {
    site.params { params in
      params.slot = slot
      params.publications = [name]
      params.connection = relay.options(connection)
      params.connection.connectTimeout = patience
      params.answerTimeout = patience
      params.stallTimeout = patience
      params.limits.answerTimeout = patience
      params.limits.snapshotAnswerTimeout = patience
    }
  }
}

/// One life of a program, over a network in which one operation goes wrong.
struct FaultyRun: Sendable {
  let lane: FaultLane
  let relay: FaultyRelay
  let fault: FaultyRelay.Fault
  /// The slot's name.
  let slot: String
}

/// Runs `life` with a fault at operation 1, 2, and so on, until a life has none; several at once.
///
/// With `PGREPL_TEST_FAULTS=all`. Otherwise every sixth operation has one of its faults, in turn: all
/// of them take minutes.
///
/// - Parameters:
///   - connection: How lives connect, but for the relay.
///   - lanes: How many at once.
///   - faults: What goes wrong with the operation of a number, one life each.
/// - Returns: How many operations the life without a fault has.
@discardableResult
func forEachFaultyOperation(
  on site: Site, _ connection: ConnectionOptions, lanes: Int = 4,
  _ faults: @escaping @Sendable (Int) -> [FaultyRelay.Fault],
  life: @escaping @Sendable (FaultyRun) async throws -> Void
) async throws -> Int {
  let queue = FaultQueue(faults)
  try await withThrowingTaskGroup(of: Void.self) { group in
    for number in 1...lanes {
      group.addTask {
        let lane = try await FaultLane.open(site, number, connection)
        while let (number, fault) = queue.next() {
          await queue.run(number, fault, lane, life)
        }
        lane.sql.close()
      }
    }
    try await group.waitForAll()
  }
  return try #require(queue.operations, "no life was without a fault")
}

/// Which faults are still to be tried.
private final class FaultQueue: Sendable {
  private struct State {
    var number = 0
    var waiting: [FaultyRelay.Fault] = []
    var failures = 0
    var operations: Int?
  }

  private let state = Mutex(State())
  private let isComplete = ProcessInfo.processInfo.environment["PGREPL_TEST_FAULTS"] == "all"
  private static let step = 6
  private let faults: @Sendable (Int) -> [FaultyRelay.Fault]

  init(_ faults: @escaping @Sendable (Int) -> [FaultyRelay.Fault]) {
    self.faults = faults
  }

  /// The operations of a life without a fault, once there was one.
  var operations: Int? { state.withLock { $0.operations } }

  func next() -> (number: Int, fault: FaultyRelay.Fault)? {
    state.withLock { state -> (number: Int, fault: FaultyRelay.Fault)? in
      // More of the same would say nothing new.
      guard state.operations == nil, state.failures < 8, state.number < 5000 else { return nil }
      while state.waiting.isEmpty {
        state.number += isComplete ? 1 : Self.step
        state.waiting = faults(state.number)
        guard !isComplete, !state.waiting.isEmpty else { continue }
        state.waiting = [state.waiting[state.number / Self.step % state.waiting.count]]
      }
      return (state.number, state.waiting.removeFirst())
    }
  }

  /// One life; what is wrong with it is an issue.
  func run(
    _ number: Int, _ fault: FaultyRelay.Fault, _ lane: FaultLane,
    _ life: @escaping @Sendable (FaultyRun) async throws -> Void
  ) async {
    // A busy machine may be too slow for short limits before anything has gone wrong.
    for attempt in 1...3 {
      var relay: FaultyRelay?
      do {
        try await lane.reset()
        let opened = try FaultyRelay(to: lane.connection.hosts[0].port, fault, at: number)
        relay = opened
        let run = FaultyRun(
          lane: lane, relay: opened, fault: fault, slot: "\(lane.name)n\(number)")
        try await within(.seconds(180), "a life with \(fault) at \(number)") { try await life(run) }
        opened.stop()
        if opened.strike == nil { finished(opened.count) }
        return
      } catch {
        relay?.stop()
        if fault == .freeze, attempt < 3, relay?.strike == nil { continue }
        state.withLock { $0.failures += 1 }
        let place = relay?.strike.map { "\($0)" } ?? "\(fault) at \(number), not reached"
        Issue.record("\(place): \(error)")
        return
      }
    }
  }

  private func finished(_ count: Int) {
    state.withLock { $0.operations = min($0.operations ?? .max, count) }
  }
}
