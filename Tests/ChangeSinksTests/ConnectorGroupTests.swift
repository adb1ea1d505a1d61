import ChangeFormats
import Logging
import PGOutput
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

@testable import ChangeSinks

/// A member that does what a test says.
private final class Worker: Sendable {
  private struct State {
    var begun = 0
    var isStopped = false
  }

  private let state = Lock(State())
  private let stopped = Gate()
  private let started = Gate()

  var begun: Int { state.withLock { $0.begun } }
  var isStopped: Bool { state.withLock { $0.isStopped } }

  func begin() -> Int {
    let count = state.withLock { state in
      state.begun += 1
      return state.begun
    }
    started.open()
    return count
  }

  func stop() {
    state.withLock { $0.isStopped = true }
    stopped.open()
  }

  func waitForStart() async { await started.wait() }
  func waitForStop() async { await stopped.wait() }

  /// Runs until it is stopped.
  func member(_ name: String = "worker") -> ConnectorGroup.Member {
    member(name) { [self] _ in await waitForStop() }
  }

  /// Runs `body`, which gets the number of the attempt, from one on.
  func member(
    _ name: String = "worker", _ body: @escaping @Sendable (Int) async throws -> Void
  ) -> ConnectorGroup.Member {
    ConnectorGroup.Member(
      name, run: { [self] in try await body(begin()) }, stop: { [self] in stop() })
  }
}

private let fatal = SinkError(engine: "test", .fatal, "it is broken")
private let transient = SinkError(engine: "test", .transient, "it is busy")

private func makeGroup(_ members: ConnectorGroup.Member...) -> ConnectorGroup {
  ConnectorGroup(members, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
}

/// Members that are stopped, fail, and don't end.
@Suite(.timeLimit(.minutes(5))) struct ConnectorGroupTests {
  @Test func `members run side by side, and stop together`() async {
    let (first, second) = (Worker(), Worker())
    let group = makeGroup(first.member("first"), second.member("second"))
    let running = Task { await group.run() }
    await first.waitForStart()
    await second.waitForStart()
    #expect(group.statistics.map(\.phase) == [.running, .running])
    #expect(await group.stop())
    let ends = await running.value
    #expect(ends.map(\.name) == ["first", "second"])
    #expect(ends.map(\.phase) == [.ended, .ended])
    #expect(first.begun == 1 && second.begun == 1)
  }

  @Test func `one that fails for good does not end the others`() async {
    let (broken, well) = (Worker(), Worker())
    let group = makeGroup(broken.member { _ in throw fatal }, well.member())
    let running = Task { await group.run() }
    await well.waitForStart()
    while !(group.statistics[0].phase == .failed) { await Task.yield() }
    #expect(!well.isStopped)
    #expect(group.statistics[1].phase == .running)
    // It had failed by itself before.
    #expect(await group.stop())
    let ends = await running.value
    #expect(ends.map(\.phase) == [.failed, .ended])
    #expect(ends[0].lastFailure as? SinkError == fatal)
    #expect(broken.begun == 1)
  }

  @Test func `one that fails for good ends the others if it says so`() async {
    let (broken, well) = (Worker(), Worker())
    var member = broken.member { _ in throw fatal }
    member.endsGroup = true
    let ends = await makeGroup(member, well.member()).run()
    #expect(ends.map(\.phase) == [.failed, .ended])
    #expect(well.isStopped)
  }

  @Test func `one that fails for a while is begun again, as its policy says`() async {
    let worker = Worker()
    var member = worker.member { attempt in if attempt < 4 { throw transient } }
    member.restart = ReconnectPolicy(initialInterval: .zero, longestInterval: .zero)
    let ends = await makeGroup(member).run()
    #expect(ends[0].phase == .ended)
    #expect(ends[0].restarts == 3)
    #expect(ends[0].lastFailure as? SinkError == transient)
    #expect(worker.begun == 4)
  }

  @Test func `one without another attempt fails with its first error`() async {
    let worker = Worker()
    var member = worker.member { _ in throw transient }
    member.restart = .never
    let ends = await makeGroup(member).run()
    #expect(ends[0].phase == .failed)
    #expect(ends[0].restarts == 0)
    #expect(worker.begun == 1)
  }

  @Test func `what is begun again can be chosen`() async {
    let worker = Worker()
    var member = worker.member { attempt in if attempt < 3 { throw fatal } }
    member.restart = ReconnectPolicy(initialInterval: .zero, longestInterval: .zero)
    member.restartsAfter = { _ in true }
    let ends = await makeGroup(member).run()
    #expect(ends[0].phase == .ended)
    #expect(worker.begun == 3)
  }

  @Test func `stopping does not wait for the next attempt`() async {
    let worker = Worker()
    var member = worker.member { _ in throw transient }
    member.restart = ReconnectPolicy(
      initialInterval: .seconds(3600), longestInterval: .seconds(3600))
    let group = makeGroup(member)
    let running = Task { await group.run() }
    while !(group.statistics[0].phase == .pausing) { await Task.yield() }
    #expect(await group.stop())
    #expect(await running.value[0].phase == .ended)
    #expect(worker.begun == 1)
  }

  @Test func `one that does not end in time is cancelled`() async {
    let worker = Worker()
    let member = worker.member { _ in try await Task.sleep(for: .seconds(3600)) }
    let group = makeGroup(member)
    let running = Task { await group.run() }
    await worker.waitForStart()
    let allEnded = await group.stop(within: .milliseconds(20))
    #expect(!allEnded)
    #expect(await running.value[0].phase == .cancelled)
  }

  @Test func `one that never ends is left behind`() async {
    let (worker, release) = (Worker(), Gate())
    let member = worker.member { _ in await release.wait() }
    let group = makeGroup(member)
    let running = Task { await group.run() }
    await worker.waitForStart()
    let allEnded = await group.stop(within: .zero)
    #expect(!allEnded)
    #expect(await running.value[0].phase == .abandoned)
    release.open()
  }

  @Test func `a group that was stopped begins nothing`() async {
    let worker = Worker()
    let group = makeGroup(worker.member())
    #expect(group.statistics[0].phase == .idle)
    #expect(await group.stop())
    let ends = await group.run()
    #expect(ends[0].phase == .ended)
    #expect(worker.begun == 0)
  }

  @Test func `a group that is cancelled cancels its members`() async {
    let worker = Worker()
    let group = makeGroup(
      worker.member { _ in try await Task.sleep(for: .seconds(3600)) })
    let running = Task { await group.run() }
    await worker.waitForStart()
    running.cancel()
    #expect(await running.value[0].phase == .cancelled)
  }

  @Test func `a group without members is over at once`() async {
    #expect(await makeGroup().run().isEmpty)
  }
}

/// Connectors with engines of different kinds.
@Suite(.timeLimit(.minutes(5))) struct ConnectorsInGroupTests {
  private static func connector(
    _ database: TestDatabase, slot: String, into engine: MemoryEngine
  ) throws -> Connector<RecordSink<MemoryEngine, JSONLineFormat>> {
    var params = try database.parameters(slot: slot)
    params.createsSlot = true
    var options = ConnectorOptions()
    options.subscription = .impatient
    return Connector(params, into: RecordSink(engine, format: JSONLineFormat()), options: options)
  }

  @Test func `each has its own slot and engine, and all stop cleanly`() async throws {
    let table = TestTable("notes", columns: [.key("id", .int8), .column("words", .text)])
    let database = TestDatabase([table], slot: nil)
    let engines = [MemoryEngine(), MemoryEngine(), MemoryEngine()]
    let members = try engines.enumerated().map { index, engine in
      ConnectorGroup.Member(try Self.connector(database, slot: "slot_\(index)", into: engine))
    }
    let group = ConnectorGroup(members)
    let running = Task { await group.run() }
    while !group.members.allSatisfy({ $0.subscription?.statistics.stream != nil }) {
      try await Task.sleep(for: .milliseconds(5))
    }
    try database.commit { changes in
      for id in 1...10 { try changes.insert(into: "notes", ["id": .init(id), "words": "new"]) }
    }
    while !engines.allSatisfy({ $0.records.count >= 10 }) {
      try await Task.sleep(for: .milliseconds(5))
    }
    #expect(group.statistics.allSatisfy { $0.connector?.subscription?.stream != nil })
    #expect(await group.stop())
    let ends = await running.value
    #expect(ends.map(\.name) == ["slot_0", "slot_1", "slot_2"])
    #expect(ends.map(\.phase) == [.ended, .ended, .ended])
    #expect(engines.map(\.records.count) == [10, 10, 10])
    #expect(engines.allSatisfy { $0.checkpoint != nil })
  }
}
