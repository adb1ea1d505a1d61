import PGOutput
import PGWire
import ReplicationCore

/// How committed changes came.
struct BlockCounts: Equatable {
  var plain = 0
  var streamed = 0
  var prepared = 0
  /// Subtransactions that were rolled back after a block had some of them.
  var partsUndone = 0
  /// Streamed and prepared transactions that were rolled back.
  var undone = 0
}

/// Takes what is committed from a stream, in whichever way it was sent: whole, in blocks, prepared.
struct BlockReceiver<Item>: ~Copyable {
  /// What is kept of a message; nothing if it changes no rows.
  typealias Make = (PgOutputMessage, LSN, TypeCatalog) throws -> Item?

  let duplex: Duplex
  private(set) var counts = BlockCounts()
  /// The changes that count, in commit order.
  private(set) var changes: [Item] = []
  /// The shapes of tables that came, in order.
  private(set) var shapes: [RelationChange] = []

  private var decoder = PgOutputDecoder()
  private var tracker = RelationTracker()
  private var current: [Item] = []
  private var blocks: [UInt32: [(xid: UInt32, change: Item)]] = [:]
  private var prepared: [String: [Item]] = [:]
  private let make: Make
  /// What users' types are made of, if that was to be looked up.
  private(set) var types: TypeCatalog?

  /// - Parameter types: What is known already; the rest is looked up when it comes.
  init(_ duplex: Duplex, types: TypeCatalog?, make: @escaping Make) {
    self.duplex = duplex
    self.types = types
    self.make = make
  }

  /// How many transactions with changes have begun and have no end yet.
  ///
  /// The server streams others too that are in progress, its own maintenance among them, in blocks
  /// without any change.
  var openCount: Int { blocks.values.count { !$0.isEmpty } + prepared.count }

  /// Continues to the next relation that is announced.
  mutating func nextRelation() async throws -> Relation? {
    let before = shapes.count
    while shapes.count == before, let event = try await duplex.recv() {
      if case .xLogData(let data) = event { try await take(data) }
    }
    return shapes.count == before ? nil : shapes.last?.relation
  }

  /// Takes everything up to the stream's end.
  mutating func finish() async throws {
    while let event = try await duplex.recv() {
      switch event {
      case .begin: current = []
      case .commit:
        changes += current
        counts.plain += current.isEmpty ? 0 : 1
      case .xLogData(let data): try await take(data)
      default: break
      }
    }
  }

  private mutating func take(_ data: XLogData) async throws {
    let step = try data.payload.withBytes { bytes throws(any Error) in
      let xid = decoder.xid(of: bytes)
      let types = types ?? TypeCatalog()
      return try decoder.decode(bytes, at: data.start, wrappingErrors: { $0 as any Error }) {
        message throws(any Error) in
        try Step(message, xid: xid) { message throws in try make(message, data.start, types) }
      }
    }
    if case .relation(let relation) = step, var known = types {
      try await duplex.learnTypes(of: relation, into: &known)
      types = known
    }
    try take(step)
  }

  private mutating func take(_ step: Step<Item>) throws {
    switch step {
    case .nothing: break
    case .relation(let relation):
      if let change = tracker.note(relation) { shapes.append(change) }
    case .change(let change, let xid):
      if let top = decoder.streamedTransaction, let xid {
        blocks[top, default: []].append((xid, change))
      } else {
        current.append(change)
      }
    case .beginPrepare: current = []
    case .prepare(let gid): prepared[gid] = current
    case .streamStart(let xid): blocks[xid, default: []] += []
    case .streamCommit(let xid):
      changes += (blocks.removeValue(forKey: xid) ?? []).map(\.change)
      counts.streamed += 1
    case .streamPrepare(let xid, let gid):
      prepared[gid] = (blocks.removeValue(forKey: xid) ?? []).map(\.change)
    case .streamAbort(let abort):
      if abort.isWhole {
        blocks[abort.xid] = nil
        counts.undone += 1
      } else {
        blocks[abort.xid]?.removeAll { $0.xid == abort.subxid }
        counts.partsUndone += 1
      }
    case .commitPrepared(let gid):
      guard let changes = prepared.removeValue(forKey: gid) else { throw NoValue(sql: gid) }
      self.changes += changes
      counts.prepared += 1
    case .rollbackPrepared(let gid):
      guard prepared.removeValue(forKey: gid) != nil else { throw NoValue(sql: gid) }
      counts.undone += 1
    }
  }
}

extension BlockReceiver<ReceivedChange> {
  init(_ duplex: Duplex) {
    self.init(duplex, types: nil) { message, _, _ in ReceivedChange(message) }
  }
}

/// A message of the plugin, copied out.
private enum Step<Item> {
  case nothing
  case relation(Relation)
  case change(Item, xid: UInt32?)
  case beginPrepare
  case prepare(gid: String)
  case streamStart(UInt32)
  case streamCommit(UInt32)
  case streamPrepare(UInt32, gid: String)
  case streamAbort(StreamAbort)
  case commitPrepared(gid: String)
  case rollbackPrepared(gid: String)

  init(
    _ message: PgOutputMessage, xid: UInt32?, make: (PgOutputMessage) throws -> Item?
  ) throws {
    switch message {
    case .relation(let relation): self = .relation(relation)
    case .streamStart(let start): self = .streamStart(start.xid)
    case .streamCommit(let commit): self = .streamCommit(commit.xid)
    case .streamAbort(let abort): self = .streamAbort(abort)
    case .streamPrepare(let prepare): self = .streamPrepare(prepare.xid, gid: prepare.gid)
    case .beginPrepare: self = .beginPrepare
    case .prepare(let prepare): self = .prepare(gid: prepare.gid)
    case .commitPrepared(let commit): self = .commitPrepared(gid: commit.gid)
    case .rollbackPrepared(let rollback): self = .rollbackPrepared(gid: rollback.gid)
    default: self = try make(message).map { .change($0, xid: xid) } ?? .nothing
    }
  }
}
