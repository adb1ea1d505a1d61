import PGOutput
import PGWire
import ReplicationTestKit
import TestSupport

@testable import ReplicationCore

/// A consumer that mirrors a scripted source, and stores its checkpoint with the rows.
struct ItemConsumer {
  let source: ScriptedSource
  var rules = IncrementalRules()
  /// What would survive the consumer's end.
  var rows: [Int: ModelRow] = [:]
  var checkpoint: Checkpoint
  /// Whether the table was said to be whole.
  var isWhole = false
  /// Whether it asks for the next item before it has taken a chunk's rows; it has no mirror then.
  var passesChunksOver = false
  private var former: SnapshotChunk?
  /// How many chunks were passed over, and said so.
  var passed = 0
  var chunks = 0
  /// The rows of chunks that it has taken, of those that broke off too.
  var chunkRows = 0
  var broken = 0
  var transactions = 0
  /// What was delivered that makes no sense.
  private(set) var faults: [String] = []

  init(_ source: ScriptedSource) {
    self.source = source
    var progress = IncrementalProgress()
    progress.anchor = FullTransactionID(rawValue: ModelHistory.epoch | 10)
    progress.apply(
      .tableAdded(
        ScriptedSource.table, ModelWorld.shape, startsAt: FullTransactionID(rawValue: 3)))
    checkpoint = Checkpoint(position: .zero, systemID: "1", timeline: 1, slot: "test_slot")
    checkpoint.incremental = IncrementalState(progress)
  }

  /// Takes items from one stream, up to a number of them or until nothing is left to come.
  mutating func run(items limit: Int = .max, failures: Int = 0) async throws {
    let (stream, _) = try await openStream(
      walSenderTimeout: "0", timeout: .seconds(900), tuning: .subscription,
      [source.stream(from: checkpoint.position)])
    defer { Task { await stream.close() } }
    let readers = ScriptedReaders(source, failures: failures)
    var options = SubscriptionOptions()
    options.snapshot = .incremental(IncrementalSnapshotOptions())
    options.reconnect = .never
    var params = ReplicationParams(
      connection: try ConnectionOptions("host=/nonexistent user=u"), slot: "test_slot",
      publications: ["p"]
    )
    params.logger = quietLogger
    let context = SubscriptionContext(
      try Client(params), nil, options, rules: rules, makeReaders: { readers })
    context.acknowledgements.begin(at: checkpoint)
    isWhole = checkpoint.incremental?.wholeTables[ScriptedSource.table] != nil
    let items = ItemSource(context, over: stream)
    var count = 0
    while count < limit, !isOver, let item = try await items.nextItem() {
      count += 1
      source.use { $0.clientActs() }
      try await context.tracer.handling(item) { try await take(item) }
    }
    await context.requests.finish()
  }

  /// Whether there is nothing more to come.
  private var isOver: Bool {
    let last = source.use { ModelHistory.endLSN($0.history.transactions.count - 1) }
    return isWhole && checkpoint.position >= last
  }

  private mutating func take(_ item: SubscriptionItem) async throws {
    if let chunk = former.take() {
      if await Self.saysThatItIsPassed(chunk) {
        passed += 1
      } else {
        fault("a chunk that was passed over has rows or an end")
      }
    }
    switch item {
    case .transaction(let transaction):
      transactions += 1
      var rows = rows
      for try await change in transaction.changes where !passesChunksOver {
        apply(change, to: &rows)
      }
      transaction.acknowledge()
      (self.rows, checkpoint) = (rows, try transaction.checkpoint())
    case .rangeBegins(let chunk) where passesChunksOver:
      chunk.acknowledge()
      former = chunk
    case .rangeBegins(let chunk):
      var rows = rows
      rows = rows.filter { chunk.range.contains([String($0.key)]) == false }
      do {
        for try await batch in chunk.batches {
          chunkRows += batch.rowCount
          try batch.forEachRow { row in
            let key = Int(try row["id", as: Int64.self])
            if chunk.range.contains([String(key)]) != true {
              fault("row \(key) is not in its chunk")
            }
            rows[key] = ModelRow(
              value: Int(try row["value", as: Int64.self]),
              large: Int(try row["large", as: Int64.self]))
          }
        }
      } catch ReplicationError.chunkInterrupted {
        broken += 1
        return
      }
      chunks += 1
      chunk.acknowledge()
      (self.rows, checkpoint) = (rows, try chunk.checkpoint())
    case .tableIsWhole(let table):
      isWhole = true
      if table.name != "t" { fault("another table is whole") }
    }
    // What is stored is text.
    checkpoint = try Checkpoint(encoded: checkpoint.encoded())
  }

  private static func saysThatItIsPassed(_ chunk: SnapshotChunk) async -> Bool {
    do {
      let batches = chunk.batches.makeAsyncIterator()
      _ = try await batches.next()
      return false
    } catch {
      return "\(error)" == "\(ReplicationError.chunkPassed(table: "public.t"))"
    }
  }

  private mutating func fault(_ text: String) { faults.append(text) }

  private mutating func apply(_ change: TransactionChange, to rows: inout [Int: ModelRow]) {
    switch change {
    case .insert(let row):
      let (key, value) = row.model
      if rows[key] != nil { fault("row \(key) is inserted twice") }
      rows[key] = value
    case .update(let row):
      let (key, value) = row.model
      let former = row.formerKey ?? key
      guard let old = rows.removeValue(forKey: former) else {
        return fault("row \(former) is updated and missing")
      }
      if rows[key] != nil { fault("row \(key) is there before it is moved") }
      rows[key] = ModelRow(value: value.value, large: value.large < 0 ? old.large : value.large)
    case .delete(let row):
      if rows.removeValue(forKey: row.formerKey ?? -1) == nil { fault("a missing row is deleted") }
    case .truncate: rows = [:]
    default: return
    }
  }
}

extension RowChange {
  fileprivate var model: (Int, ModelRow) {
    let found = try? withRow { row in
      (
        Int(try row["id", as: Int64.self]),
        ModelRow(
          value: Int(try row["value", as: Int64.self]),
          large: (try? row["large", as: Int64.self]).map { Int($0) } ?? -1)
      )
    }
    return found ?? (-1, ModelRow(value: -1, large: -1))
  }

  fileprivate var formerKey: Int? {
    (try? withOldRow { row in Int(try row["id", as: Int64.self]) }) ?? nil
  }
}
