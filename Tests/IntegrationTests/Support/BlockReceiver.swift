import PGOutput
import PGWire
import ReplicationCore

/// Takes what is committed from a stream, in whichever way it was sent: whole, in blocks, prepared.
struct BlockReceiver: ~Copyable {
  /// How the committed changes came.
  struct Counts: Equatable {
    var plain = 0
    var streamed = 0
    var prepared = 0
    /// Subtransactions that were rolled back after a block had some of them.
    var partsUndone = 0
    /// Streamed and prepared transactions that were rolled back.
    var undone = 0
  }

  let duplex: Duplex
  private(set) var counts = Counts()
  /// The changes that count, in commit order.
  private(set) var changes: [Change] = []
  /// The shapes of tables that came, in order.
  private(set) var shapes: [RelationChange] = []

  private var decoder = PgOutputDecoder()
  private var tracker = RelationTracker()
  private var current: [Change] = []
  private var blocks: [UInt32: [(xid: UInt32, change: Change)]] = [:]
  private var prepared: [String: [Change]] = [:]

  init(_ duplex: Duplex) {
    self.duplex = duplex
  }

  /// What has begun and has no end yet.
  var openCount: Int { blocks.count + prepared.count }

  /// Takes everything up to the stream's end.
  mutating func finish() async throws {
    while let event = try await duplex.recv() {
      switch event {
      case .begin: current = []
      case .commit:
        changes += current
        counts.plain += current.isEmpty ? 0 : 1
      case .xLogData(let data):
        // A message may say more than once whose it is; it is copied out while its bytes are lent.
        var step = Step.nothing
        try data.payload.withBytes { bytes throws(PgOutputError) in
          let xid = decoder.xid(of: bytes)
          step = try decoder.decode(bytes, at: data.start) { Step($0, xid: xid) }
        }
        try take(step)
      default: break
      }
    }
  }

  private mutating func take(_ step: Step) throws {
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

/// A message of the plugin, copied out.
private enum Step {
  case nothing
  case relation(Relation)
  case change(Change, xid: UInt32?)
  case beginPrepare
  case prepare(gid: String)
  case streamStart(UInt32)
  case streamCommit(UInt32)
  case streamPrepare(UInt32, gid: String)
  case streamAbort(StreamAbort)
  case commitPrepared(gid: String)
  case rollbackPrepared(gid: String)

  init(_ message: PgOutputMessage, xid: UInt32?) {
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
    default: self = Change(message).map { .change($0, xid: xid) } ?? .nothing
    }
  }
}
