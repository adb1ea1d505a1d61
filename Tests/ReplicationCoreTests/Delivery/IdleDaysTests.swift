import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import TestSupport
import Testing

@testable import ReplicationCore

/// Days of a database where next to nothing happens, in simulated time.
@Suite struct IdleDaysTests {
  private static let day = 24 * 60 * 60

  private static func transaction(_ xid: UInt32, commit: UInt64) -> [[UInt8]] {
    [
      PgOutput.begin(finalLSN: commit, time: 1, xid: xid),
      PgOutput.relation(16_384, "t", [.key("name", 25)]),
      PgOutput.insert(16_384, new: ["x"]),
      PgOutput.commit(commitLSN: commit, endLSN: commit + 8, time: 1),
    ]
  }

  private static func block(_ xid: UInt32, isFirst: Bool) -> [[UInt8]] {
    [
      PgOutput.streamStart(xid, isFirst: isFirst),
      PgOutput.inBlock(xid, PgOutput.relation(16_384, "t", [.key("name", 25)])),
      PgOutput.inBlock(xid, PgOutput.insert(16_384, new: ["x"])), PgOutput.streamStop,
    ]
  }

  /// Sends a transaction that comes whole.
  private static func commit(_ stream: SimulatedStream, xid: UInt32) throws -> Int {
    stream.write()
    let number = stream.ends(at: stream.position + 8)
    let messages = transaction(xid, commit: stream.position)
    stream.write(8)
    try stream.send(messages)
    return number
  }

  /// Others write, and the server tells of it each minute.
  private static func idle(
    _ stream: SimulatedStream, minutes: Int, _ take: () async throws -> [ReplicationTransaction]
  ) async throws {
    for _ in 0..<minutes {
      stream.write()
      try stream.keepAlive()
      #expect(try await take().isEmpty)
      stream.wait(.seconds(60))
    }
  }

  @Test func `the slot follows, at the pace of the reports and not of the keepalives`()
    async throws
  {
    let stream = try SimulatedStream()
    for second in 1...3 * Self.day {
      // Others write most of the time, and the server tells of it each second.
      if second % 3600 < 3000 { stream.write() }
      try stream.keepAlive(replyRequested: second % 600 == 0)
      if second % 10 == 0 { #expect(try await stream.take().isEmpty) }
      stream.wait(.seconds(1))
      if second % 3600 == 0 { #expect(stream.confirmed == lsn(stream.position)) }
    }
    // One each ten seconds, and an answer with what has come of it, each ten minutes.
    #expect(stream.reports > 3 * 8600 && stream.reports <= 3 * (8640 + 144) + 1)
  }

  @Test func `keepalives without news or a question cost nothing`() async throws {
    let stream = try SimulatedStream()
    for _ in 1...Self.day {
      for _ in 1...3 { try stream.keepAlive() }
      #expect(try await stream.take().isEmpty)
      stream.wait(.seconds(1))
    }
    #expect(stream.reports <= Self.day / 10 + 1)
    #expect(stream.confirmed == lsn(stream.position))
  }

  @Test(arguments: [false, true])
  func `what is not acknowledged holds it back, to the byte`(advances: Bool) async throws {
    let stream = try SimulatedStream(advancesWhenIdle: advances)
    let (first, second) = (
      try Self.commit(stream, xid: 7), try Self.commit(stream, xid: 8)
    )
    let end = lsn(stream.position)
    var transactions = try await stream.take()
    try #require(transactions.map(\.xid) == [7, 8])
    transactions[0].acknowledge()
    stream.acknowledged(first)
    let firstEnd = try #require(transactions[0].endLSN)
    func idle() async throws {
      for _ in 1...2 * Self.day / 30 {
        stream.write()
        try stream.keepAlive(isMark: advances)
        #expect(try await stream.take().isEmpty)
        stream.wait(.seconds(30))
      }
    }
    try await idle()
    #expect(stream.confirmed == firstEnd && stream.subscription.statistics.unacknowledged == 1)
    transactions[1].acknowledge()
    stream.acknowledged(second)
    stream.wait(.milliseconds(5))
    #expect(stream.confirmed == (advances ? lsn(stream.position) : end))
    try await idle()
    #expect(stream.confirmed == (advances ? lsn(stream.position) : end))
    // A server that asks is told in any case: it may be waiting for that to shut down.
    stream.write()
    try stream.keepAlive(replyRequested: true)
    #expect(try await stream.take().isEmpty)
    stream.wait(.milliseconds(5))
    #expect(stream.confirmed == lsn(stream.position))
    // One that is forgotten holds it indefinitely, and is reported.
    let third = try Self.commit(stream, xid: 9)
    transactions = try await stream.take()
    try #require(transactions.count == 1)
    transactions = []
    // It is released with the step after it.
    try await idle()
    #expect(stream.subscription.statistics.abandoned == 1)
    #expect(stream.confirmed < lsn(stream.position) && third > second)
    let held = stream.confirmed
    try await idle()
    #expect(stream.confirmed == held)
  }

  /// The server keeps the log from the transaction's beginning by itself (`restart_lsn`), and sends
  /// the blocks again to the next stream; all that matters is that the commit is not passed.
  @Test(arguments: [false, true])
  func `a transaction in progress holds nothing back, and its end does`(provisional: Bool)
    async throws
  {
    let stream = try SimulatedStream(provisional: provisional)
    func take() async throws -> [ReplicationTransaction] {
      guard provisional else { return try await stream.take() }
      return try await stream.takeProvisional().compactMap { step in
        if case .transaction(let transaction) = step { transaction } else { nil }
      }
    }
    #expect(try await take().isEmpty)
    for hour in 0..<48 {
      stream.write()
      try stream.send(Self.block(7, isFirst: hour == 0))
      try await Self.idle(stream, minutes: 60, take)
      #expect(stream.confirmed == lsn(stream.position))
    }
    // Between a block's beginning and its end nothing is said.
    stream.write()
    try stream.send(Array(Self.block(7, isFirst: false).dropLast()))
    let before = stream.confirmed
    stream.write()
    try stream.keepAlive(isMark: false)
    #expect(try await take().isEmpty)
    stream.wait(.seconds(60))
    #expect(stream.confirmed == before)
    try stream.send([PgOutput.streamStop])

    // It is prepared, which is an end like others.
    stream.write()
    let number = stream.ends(at: stream.position + 8)
    let prepare = stream.position
    stream.write(8)
    try stream.send([PgOutput.prepared("p", 7, gid: "g", lsn: prepare, endLSN: prepare + 8)])
    var held: Acknowledgement?
    if provisional {
      guard case .prepared(let staged, "g")? = try await stream.takeProvisional().last else {
        Issue.record("it is not prepared")
        return
      }
      held = staged.acknowledgement
    } else {
      held = try await stream.take().first?.acknowledgement
    }
    try await Self.idle(stream, minutes: 24 * 60, take)
    #expect(stream.confirmed == before)
    held?.acknowledge()
    stream.acknowledged(number)
    stream.wait(.seconds(1))
    // From now on only its commit is missing, which will come whenever it does.
    #expect(stream.confirmed == lsn(stream.position))
    try await Self.idle(stream, minutes: 24 * 60, take)
    #expect(stream.confirmed == lsn(stream.position))
    stream.write()
    let last = stream.ends(at: stream.position + 8)
    let commit = stream.position
    stream.write(8)
    try stream.send([PgOutput.prepared("K", 7, gid: "g", lsn: commit, endLSN: commit + 8)])
    let committed = try #require(try await take().first)
    #expect(committed.kind == .commitPrepared(gid: "g"))
    committed.acknowledge()
    stream.acknowledged(last)
    stream.wait(.seconds(1))
    #expect(stream.confirmed == lsn(stream.position))
  }

  @Test func `a keepalive in the middle of a transaction says nothing`() async throws {
    let stream = try SimulatedStream()
    stream.write()
    let commit = stream.position + 1000
    let messages = Self.transaction(7, commit: commit)
    try stream.send(Array(messages[..<3]))
    let transaction = try #require(try await stream.takeBeginning())
    // Said early, it counts with the end.
    transaction.acknowledge()
    let before = stream.confirmed
    for _ in 0..<60 {
      stream.write(10)
      try stream.keepAlive(isMark: false)
      stream.wait(.seconds(30))
    }
    #expect(stream.confirmed == before)
    stream.write(408)
    let number = stream.ends(at: commit + 8)
    stream.acknowledged(number)
    try stream.send([messages[3]])
    for try await _ in transaction.changes {}
    stream.wait(.seconds(10))
    #expect(stream.confirmed == lsn(commit + 8))
  }

  /// Four days in which all of it happens by chance; at every report nothing is confirmed that
  /// is not done, and whenever all is done the slot is at the end.
  @Test(arguments: [1, 2, 3, 4])
  func `whatever happens, it is confirmed up to the first that is missing`(seed: UInt64)
    async throws
  {
    var random = RepeatableGenerator(seed: seed)
    let stream = try SimulatedStream()
    var open: [(number: Int, token: Acknowledgement)] = []
    var streamed: Set<UInt32> = []
    var xid: UInt32 = 100
    var (delivered, most) = (0, 0)
    for tick in 1...4 * Self.day / 30 {
      if Bool.random(using: &random) { stream.write(UInt64.random(in: 1...500, using: &random)) }
      switch Int.random(in: 0..<100, using: &random) {
      case 0..<2:
        xid += 1
        let number = try Self.commit(stream, xid: xid)
        let transactions = try await stream.take()
        try #require(transactions.map(\.xid) == [xid])
        open.append((number, transactions[0].acknowledgement))
      case 2..<4:
        xid += 1
        streamed.insert(xid)
        try stream.send(Self.block(xid, isFirst: true))
      case 4..<6:
        guard let xid = streamed.sorted().randomElement(using: &random) else { break }
        try stream.send(Self.block(xid, isFirst: false))
      case 6:
        guard let xid = streamed.sorted().randomElement(using: &random) else { break }
        streamed.remove(xid)
        stream.write()
        guard Bool.random(using: &random) else {
          try stream.send([PgOutput.streamAbort(xid, subxid: xid)])
          break
        }
        let number = stream.ends(at: stream.position + 8)
        let commit = stream.position
        stream.write(8)
        try stream.send([PgOutput.streamCommit(xid, commitLSN: commit, endLSN: commit + 8)])
        let transactions = try await stream.take()
        try #require(transactions.map(\.xid) == [xid])
        open.append((number, transactions[0].acknowledgement))
      case 7..<12:
        guard let index = open.indices.randomElement(using: &random) else { break }
        let (number, token) = open.remove(at: index)
        token.acknowledge()
        stream.acknowledged(number)
        delivered += 1
      default: break
      }
      most = max(most, open.count)
      try stream.keepAlive(replyRequested: Int.random(in: 0..<20, using: &random) == 0)
      #expect(try await stream.take().isEmpty)
      stream.wait(.seconds(30))
      #expect(stream.confirmed == stream.mayConfirm, "tick \(tick)")
    }
    #expect(delivered > 100 && most > 2 && stream.subscription.statistics.abandoned == 0)
  }
}
