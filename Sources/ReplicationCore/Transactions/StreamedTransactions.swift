internal import PGOutput
internal import PGWire

/// The transactions that the server streams in blocks and that have not ended.
///
/// Their messages are kept as they came, undecoded, until the transaction commits or is forgotten.
/// Together they take no more memory than the limit; beyond it the largest go to a file.
struct StreamedTransactions: Sendable {
  /// Bytes of memory that they may take together.
  let limit: Int
  private var open: [UInt32: TransactionSpool] = [:]
  /// The blocks of the file.
  private(set) var blocks = SpillBlocks()
  private var sizes = LargestFirst()
  /// Bytes of memory that all of them take.
  private(set) var memory = 0

  init(limit: Int) {
    self.limit = limit
  }

  /// The number of transactions.
  var count: Int { open.count }
  /// Whether a part of them has to go to the file now.
  var isOverLimit: Bool { memory > limit }
  /// Whether no part of the file is in use.
  var isFileEmpty: Bool { blocks.inUse == 0 }

  /// A transaction begins.
  ///
  /// - Throws: If it has begun already.
  mutating func begin(
    _ xid: UInt32, _ kind: PgOutputMessage.Kind, at lsn: LSN
  ) throws(PgOutputError) {
    guard open[xid] == nil else { throw .unexpectedStream(kind, xid: xid, lsn: lsn) }
    open[xid] = TransactionSpool()
  }

  /// Takes in a message of a transaction that has begun.
  mutating func append(
    _ message: Span<UInt8>, _ head: MessageHead, to xid: UInt32, at lsn: LSN
  ) throws(PgOutputError) {
    if head.kind == .origin {
      do throws(WireError) {
        open[xid]?.origin = try ReplicationOrigin(decoding: message)
      } catch {
        throw .malformed(head.kind, error, lsn: lsn)
      }
      return
    }
    let subxid = head.xid == xid ? nil : head.xid
    change(xid) { $0.append(message, at: lsn, subxid: subxid) }
  }

  /// A transaction or a subtransaction was rolled back.
  ///
  /// A transaction of which nothing has arrived is ignored: servers report such aborts by mistake.
  mutating func abort(_ abort: StreamAbort) {
    if abort.isWhole {
      _ = take(abort.xid).map { blocks.giveBack($0.blocks) }
    } else {
      var freed: [Int] = []
      change(abort.xid) { freed = $0.rollBack(abort.subxid) }
      blocks.giveBack(freed)
    }
  }

  /// A transaction has ended: returns its messages; `nil` if nothing of it has arrived.
  mutating func take(_ xid: UInt32) -> TransactionSpool? {
    guard let spool = open.removeValue(forKey: xid) else { return nil }
    memory -= spool.memory
    return spool
  }

  /// The blocks of a transaction that was taken are not needed any more.
  mutating func giveBack(_ blocks: [Int]) {
    self.blocks.giveBack(blocks)
  }

  /// What has to be written to the file next; `nil` while the limit is kept.
  mutating func planSpill() -> (xid: UInt32, pieces: [SpillPiece])? {
    guard isOverLimit else { return nil }
    let largest = sizes.largest { [open] xid, size in open[xid]?.memory == size }
    guard let largest, let index = open.index(forKey: largest) else { return nil }
    return (largest, open.values[index].planSpill(&blocks))
  }

  /// What was planned has been written.
  mutating func spilled(_ xid: UInt32) {
    change(xid) { $0.spilled() }
  }

  private mutating func change(_ xid: UInt32, _ body: (inout TransactionSpool) -> Void) {
    guard let index = open.index(forKey: xid) else { return }
    let before = open.values[index].memory
    body(&open.values[index])
    let after = open.values[index].memory
    guard after != before else { return }
    memory += after - before
    sizes.note(xid, size: after, among: open.count) { [open] xid, size in
      open[xid]?.memory == size
    }
  }
}
