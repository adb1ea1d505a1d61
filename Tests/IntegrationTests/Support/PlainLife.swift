import PGOutput
import PGWire
import ReplicationCore
import TestSupport
import Testing

/// What a program does with a client from a slot's creation to its end.
///
/// Its network breaks once. What fails then is checked, and done once more.
struct PlainLife {
  /// The life has ended with the right error.
  private struct EndedAsExpected: Error {}

  private let run: FaultyRun
  private let client: Client
  private let patience: Duration
  private let readsSnapshot: Bool
  /// Rows of the transactions that are committed between the snapshot and the stream.
  private static let written = [10, 11, 12]

  private var hasFailed = false
  private var read: [Int] = []
  private var received: [Int] = []
  private var confirmed: LSN?

  /// - Parameters:
  ///   - patience: How long it waits for anything.
  ///   - readsSnapshot: Whether the table is read when the slot is created.
  init(_ run: FaultyRun, patience: Duration, readsSnapshot: Bool = true) throws {
    self.run = run
    self.patience = patience
    self.readsSnapshot = readsSnapshot
    client = try Client(run.lane.params(run.relay, slot: run.slot, patience: patience))
  }

  /// Lives, and checks what it has got.
  ///
  /// With a network that freezes it ends with the error that this brings.
  mutating func live() async throws {
    do {
      try await goThrough()
    } catch is EndedAsExpected {
      client.close()
    }
  }

  private mutating func goThrough() async throws {
    try await attempt { life in try await life.prepare() }
    for id in Self.written { try await run.lane.write(id) }
    try await attempt { life in try await life.stream() }
    let (rows, changes) = (read.sorted(), received)
    #expect(changes == Self.written, "\(place)")
    if readsSnapshot { #expect(rows == FaultLane.rows, "\(place)") }
    try await attempt { life in
      guard let slot = try await life.client.slot(), slot.name == life.run.slot else {
        throw FaultJudge.Wrong(description: "there is no slot")
      }
    }
    try await attempt { life in
      _ = try await life.client.dropSlot(deadline: ContinuousClock.now + .seconds(60))
    }
    let isLeft = try await run.lane.hasSlot(run.slot)
    #expect(!isLeft, "\(place)")
    client.close()
  }

  private var place: String { run.relay.strike.map { "\($0)" } ?? "no fault" }

  // MARK: Steps

  /// Creates the slot, and reads the table as it is at that moment.
  private mutating func prepare() async throws {
    guard readsSnapshot else {
      try await client.ensureSlot()
      return
    }
    var rows: [Int] = []
    confirmed = try await client.withExportedSnapshot { snapshot in
      try await snapshot.read(try await snapshot.tables()) { event in
        guard case .rows(let batch) = event else { return }
        try batch.forEachRow { row throws(RowError) in
          rows.append(Int(try row["id", as: Int64.self]))
        }
      }
      return snapshot.consistentPoint
    }
    read = rows
  }

  /// Takes what is not there yet, and reports it.
  private mutating func stream() async throws {
    let duplex = try await client.startReplication(from: confirmed)
    do {
      try await take(from: duplex)
    } catch {
      await duplex.close()
      throw error
    }
    if let confirmed { duplex.sendStatusUpdate(flush: confirmed) }
    await duplex.close()
    if case .failed(let error)? = duplex.end { throw error }
  }

  private mutating func take(from duplex: Duplex) async throws {
    var receiver = Receiver(duplex)
    while received.count < Self.written.count {
      guard let transaction = try await receiver.next() else {
        throw FaultJudge.Wrong(description: "the stream has ended without an error")
      }
      received += transaction.changes.compactMap { change in
        (change.new["id"] ?? nil).flatMap { Int($0) }
      }
      confirmed = transaction.endLSN
      duplex.sendStatusUpdate(flush: transaction.endLSN)
    }
  }

  // MARK: Attempts

  /// Does a step, and again after the one error that the fault brings.
  private mutating func attempt(
    _ step: (inout PlainLife) async throws -> Void
  ) async throws {
    for _ in 0..<2000 {
      let start = PoolClock.now
      do {
        try await step(&self)
        return
      } catch {
        try await recover(from: error, after: PoolClock.now - start)
      }
    }
    throw FaultJudge.Wrong(description: "a step never succeeds")
  }

  private mutating func recover(from error: any Error, after time: Duration) async throws {
    guard let strike = run.relay.strike else { throw error }
    switch error as? ReplicationError {
    case .slotActive? where hasFailed:
      // The server has not noticed yet that the former connection is gone.
      try await Task.sleep(for: .milliseconds(50))
    case .snapshotRefused(.slotExists)? where hasFailed:
      // The slot was created, and the answer lost.
      try await run.lane.dropSlots()
    default:
      guard !hasFailed else { throw error }
      hasFailed = true
      try FaultJudge.check(error, after: strike)
      if strike.fault == .freeze {
        // Several limits may follow each other; none is a minute.
        let limit = (patience * 3 + .seconds(5)) * 5
        #expect(time < limit, "\(strike): \(error)")
        throw EndedAsExpected()
      }
    }
  }
}
