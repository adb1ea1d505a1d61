/// Where a stream stands, which decides what may come next and what it looks like.
///
///     outside       Begin, Begin Prepare, Stream Start, …                anything that opens
///     transaction   changes, then Commit (Prepare after Begin Prepare)
///     block         changes, each with its xid, then Stream Stop
///
/// A consumer need not show Begin and Commit to its decoder; so changes and what goes with them are
/// not refused outside. Which transactions are being streamed is kept as well: one that the stream
/// has never begun can't go on or end.
struct MessageOrder: Sendable {
  private(set) var place = PgOutputMessage.Place.outside
  /// The transactions of which blocks have come, and no end.
  private var streamed: Set<UInt32> = []

  /// The transaction whose block is open.
  var blockXID: UInt32? {
    if case .streamedBlock(let xid) = place { xid } else { nil }
  }

  /// Whether a message can come here.
  func allows(_ kind: PgOutputMessage.Kind) -> Bool {
    switch kind {
    case .insert, .update, .delete, .truncate, .relation, .type, .origin, .message: true
    case .commit: place == .transaction
    case .prepare: place == .preparedTransaction
    case .streamStop: blockXID != nil
    case .begin, .beginPrepare, .streamStart, .streamCommit, .streamPrepare, .streamAbort,
      .commitPrepared, .rollbackPrepared:
      place == .outside
    }
  }

  func isStreamed(_ xid: UInt32) -> Bool { streamed.contains(xid) }

  /// A transaction begins whose changes follow at once.
  mutating func begins(prepared: Bool) {
    place = prepared ? .preparedTransaction : .transaction
  }

  /// Such a transaction has ended.
  mutating func ends() {
    place = .outside
  }

  /// - Returns: Whether a transaction that was (not) seen before can have its next (first) block.
  mutating func startsBlock(_ start: StreamStart) -> Bool {
    guard streamed.contains(start.xid) != start.isFirst else { return false }
    streamed.insert(start.xid)
    place = .streamedBlock(xid: start.xid)
    return true
  }

  /// - Returns: The transaction whose block it was.
  mutating func stopsBlock() -> UInt32 {
    defer { place = .outside }
    return blockXID ?? 0
  }

  /// - Returns: Whether the transaction was being streamed, which it no longer is.
  mutating func endsStreamed(_ xid: UInt32) -> Bool {
    streamed.remove(xid) != nil
  }
}

extension PgOutputMessage {
  /// Where in a stream a message stands.
  public enum Place: Hashable, Sendable {
    /// Between transactions.
    case outside
    /// Between Begin and Commit.
    case transaction
    /// Between Begin Prepare and Prepare.
    case preparedTransaction
    /// Between Stream Start and Stream Stop of this transaction.
    case streamedBlock(xid: UInt32)
  }
}

extension PgOutputMessage.Place: CustomStringConvertible {
  public var description: String {
    switch self {
    case .outside: "outside a transaction"
    case .transaction: "inside a transaction"
    case .preparedTransaction: "inside a prepared transaction"
    case .streamedBlock(let xid): "inside a streamed block of transaction \(xid)"
    }
  }
}

extension PgOutputMessage.Kind {
  /// Whether an xid follows the letter inside a streamed block.
  package var hasXIDInBlock: Bool {
    switch self {
    case .relation, .type, .insert, .update, .delete, .truncate, .message: true
    default: false
    }
  }
}
