import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import TestSupport
import Testing

@testable import ReplicationCore

/// Thousands of transactions in progress at once, most of each in the file.
@Suite struct ManyTransactionsTests {
  @Test func `each comes out as it went in, within the budget`() throws {
    var run = try Run(transactions: 3000, budget: 256 << 10, seed: 7)
    try run.toEnd()
    // Most were in the file, and it is empty now.
    #expect(run.ended > 2000 && run.prepared > 100 && run.undone > 200 && run.partsUndone > 1000)
    #expect(run.mostOpen > 2000 && run.fromFile > run.ended * 9 / 10)
    #expect(run.bytes > 30 * run.budget && run.mostMemory <= run.budget)
    #expect(run.assembler.streamed.count == 0 && run.assembler.streamed.memory == 0)
    #expect(run.assembler.streamed.isFileEmpty && run.file.length == 0)
    // Blocks that are given back are taken again before the file grows.
    #expect(run.mostInFile > 0 && run.endOfFile == run.mostInFile)
  }
}

/// A message of a transaction in progress.
private struct Written: Equatable {
  let subxid: UInt32
  let position: UInt64
  let payload: [UInt8]
}

/// A transaction in progress, as it should come out.
private struct Model {
  /// A subtransaction that is not rolled back, with those inside of it.
  struct Part {
    let xid: UInt32
    var inner: [UInt32] = []
  }

  var messages: [Written] = []
  /// The subtransactions that are open, the innermost last.
  var open: [Part] = []
  var blocksLeft: Int
  var hasBegun = false
}

/// Random blocks of many transactions, and what becomes of them.
private struct Run {
  let budget: Int
  let file: SpillFile
  var assembler: TransactionAssembler
  private(set) var ended = 0
  private(set) var prepared = 0
  private(set) var undone = 0
  private(set) var partsUndone = 0
  private(set) var fromFile = 0
  /// Bytes of all messages, the most of them that were kept in memory, and in the file.
  private(set) var bytes = 0
  private(set) var mostMemory = 0
  private(set) var mostInFile = 0
  private(set) var endOfFile = 0
  private(set) var writes = 0
  private(set) var mostOpen = 0

  private var random: RepeatableGenerator
  private var models: [UInt32: Model] = [:]
  /// Whose block comes when.
  private var deck: [UInt32] = []
  private var position: UInt64 = 0x1000
  private var nextXID: UInt32

  init(transactions: Int, budget: Int, seed: UInt64) throws {
    self.budget = budget
    file = try SpillFile(in: "/tmp")
    assembler = TransactionAssembler(
      spoolLimit: budget, RelationTracker(), RowReaders(TypeCatalog()))
    random = RepeatableGenerator(seed: seed)
    nextXID = UInt32(transactions) + 1000
    for xid in 1000..<UInt32(1000 + transactions) {
      let blocks = Int.random(in: 3...7, using: &random)
      models[xid] = Model(blocksLeft: blocks)
      deck += repeatElement(xid, count: blocks)
    }
    deck.shuffle(using: &random)
  }

  mutating func toEnd() throws {
    for xid in deck {
      try block(xid)
      if chance(20) { try rollBackPart(xid) }
      mostOpen = max(mostOpen, assembler.streamed.count)
      if models[xid]?.blocksLeft == 0 { try end(xid) }
    }
    #expect(models.isEmpty)
  }

  private mutating func block(_ xid: UInt32) throws {
    guard var model = models[xid] else { return }
    try take(PgOutput.streamStart(xid, isFirst: !model.hasBegun))
    if !model.hasBegun {
      try take(
        PgOutput.inBlock(xid, PgOutput.relation(16_384, "t", [.key("name", 25)])))
    }
    model.hasBegun = true
    model.blocksLeft -= 1
    for _ in 0..<Int.random(in: 0...9, using: &random) {
      if chance(15) {
        nextXID += 1
        model.open.append(Model.Part(xid: nextXID))
      } else if chance(10), let released = model.open.popLast(), !model.open.isEmpty {
        // What is released is rolled back with what it is inside of.
        model.open[model.open.count - 1].inner += released.inner + [released.xid]
      }
      let writer = model.open.last?.xid ?? xid
      let size = chance(1) ? 40_000 : Int.random(in: 0...250, using: &random)
      let text = [UInt8](repeating: UInt8(ascii: "a") + UInt8(position % 26), count: size)
      let payload = PgOutput.inBlock(writer, PgOutput.insert(16_384, new: [.text(text)]))
      position += 8
      model.messages.append(Written(subxid: writer, position: position, payload: payload))
      try take(payload)
    }
    models[xid] = model
    try take(PgOutput.streamStop)
  }

  /// Rolls back to a savepoint; servers tell of what is inside of it first.
  private mutating func rollBackPart(_ xid: UInt32) throws {
    guard var model = models[xid], !model.open.isEmpty else { return }
    let level = Int.random(in: 0..<model.open.count, using: &random)
    var gone: Set<UInt32> = []
    for part in model.open[level...].reversed() {
      for subxid in part.inner + [part.xid] {
        gone.insert(subxid)
        try take(PgOutput.streamAbort(xid, subxid: subxid))
      }
    }
    partsUndone += 1
    model.open.removeSubrange(level...)
    model.messages.removeAll { gone.contains($0.subxid) }
    models[xid] = model
  }

  private mutating func end(_ xid: UInt32) throws {
    guard let model = models.removeValue(forKey: xid) else { return }
    position += 8
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<12:
      undone += 1
      return try take(PgOutput.streamAbort(xid, subxid: xid))
    case 12..<24:
      prepared += 1
      try take(PgOutput.prepared("p", xid, gid: "g\(xid)", lsn: position, endLSN: position + 8))
    default: try take(PgOutput.streamCommit(xid, commitLSN: position, endLSN: position + 8))
    }
    guard case .whole(let info, lsn(position + 8), let spool)? = assembler.nextStep() else {
      Issue.record("\(xid) has no end")
      return
    }
    try #require(info.xid == xid)
    try #require(spool.length > 0 && model.hasBegun)
    if spool.fileLength > 0 { fromFile += 1 }
    ended += 1
    try #require(try replay(spool) == model.messages)
  }

  private mutating func replay(_ spool: TransactionSpool) throws -> [Written] {
    var reader = SpoolReader(spool)
    var written: [Written] = []
    assembler.beginReplay(at: spool.place)
    reading: while true {
      switch reader.next() {
      case .message(let message): try assembler.replay(message)
      case .read(let read):
        try read.run(file)
        reader.take(read)
      case .end: break reading
      }
      while let step = assembler.nextStep() {
        guard case .change(.insert(let row)) = step else { continue }
        written.append(
          Written(
            subxid: row.subxid ?? 0, position: row.lsn.rawValue, payload: row.payload.bytes()))
      }
    }
    assembler.endReplay()
    assembler.streamed.giveBack(reader.blocks)
    if assembler.streamed.isFileEmpty { file.empty() }
    return written
  }

  private mutating func take(_ payload: [UInt8]) throws {
    bytes += payload.count
    try assembler.take(XLogData(payload, at: position))
    while let (xid, pieces) = assembler.streamed.planSpill() {
      for piece in pieces {
        try file.write(piece.segment, piece.range, at: piece.offset)
        writes += 1
      }
      assembler.streamed.spilled(xid)
      mostInFile = max(
        mostInFile, assembler.streamed.blocks.inUse * SpillFile.blockSize)
      endOfFile = max(endOfFile, (file.length + SpillFile.blockSize - 1) & -SpillFile.blockSize)
    }
    mostMemory = max(mostMemory, assembler.streamed.memory)
    if assembler.streamed.isFileEmpty, file.length > 0 { file.empty() }
  }

  private mutating func chance(_ percent: Int) -> Bool {
    Int.random(in: 0..<100, using: &random) < percent
  }
}
