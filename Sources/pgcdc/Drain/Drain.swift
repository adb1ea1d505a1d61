internal import ChangeFormats
internal import PGOutput
internal import PGWire
internal import ReplicationCore

/// Consumes a stream in one of several ways, and counts.
struct Drain {
  /// What was seen.
  struct Totals {
    var messages = 0
    var rows = 0
    var columns = 0
    var bytes = 0
    /// Bytes of the lines that were built.
    var outputBytes = 0
  }

  private(set) var totals = Totals()
  private let limit: Int
  private var isAtEnd = false

  init(limit: Int) {
    self.limit = limit
  }

  /// Message boundaries only.
  mutating func frames(_ duplex: Duplex) async throws {
    while !isDone {
      let goesOn = try await duplex.forEachReady { frame in
        switch frame {
        case .xLogData(_, _, _, let payload): count(payload.count)
        case .keepAlive(_, _, let replyRequested): isAtEnd = isAtEnd || replyRequested
        }
      }
      guard goesOn else { return }
    }
  }

  /// Owned events, one at a time.
  mutating func events(_ duplex: Duplex) async throws {
    while !isDone, let event = try await duplex.recv() {
      switch event {
      case .xLogData(let data): count(data.payload.count)
      case .begin: count(21)
      case .commit: count(26)
      case .message(let message): count(message.content.count)
      case .keepAlive(let keepAlive): isAtEnd = keepAlive.replyRequested
      default: break
      }
    }
  }

  /// Every column of every row.
  mutating func changes(_ duplex: Duplex) async throws {
    var decoder = PgOutputDecoder()
    var sum = 0
    while !isDone {
      let goesOn = try await duplex.forEachReady { frame in
        switch frame {
        case .xLogData(let start, _, _, let payload):
          count(payload.count)
          try decoder.decode(payload, at: start) { visit($0, &sum) }
        case .keepAlive(_, _, let replyRequested): isAtEnd = isAtEnd || replyRequested
        }
      }
      guard goesOn else { return }
    }
  }

  /// Every row decoded to Swift values.
  mutating func rows(_ duplex: Duplex) async throws {
    var decoder = PgOutputDecoder()
    var rows = DrainRows()
    while !isDone {
      let goesOn = try await duplex.forEachReady { frame in
        switch frame {
        case .xLogData(let start, _, _, let payload):
          count(payload.count)
          try decoder.decode(payload, at: start, wrappingErrors: DrainError.decoding) {
            message throws(DrainError) in
            let columns = try rows.decode(message, at: start)
            if columns > 0 { totals.rows += 1 }
            totals.columns += columns
          }
        case .keepAlive(_, _, let replyRequested): isAtEnd = isAtEnd || replyRequested
        }
      }
      guard goesOn else { return }
    }
  }

  /// Every row decoded to Swift values, of transactions that a subscription puts together.
  mutating func transactions(_ subscription: Subscription) async throws {
    var rows = DrainRows()
    for try await transaction in subscription.transactions {
      count(21)
      while try await transaction.forEachReady({ change in
        guard let row = change.row else { return count(0) }
        count(row.byteCount)
        totals.columns += try rows.decode(row)
        totals.rows += 1
      }) {}
      count(26)
      if isDone { return }
    }
  }

  /// Every transaction as lines, which are dropped.
  mutating func lines(_ duplex: Duplex, as format: some ChangeFormat) async throws {
    var lines = DrainLines(format)
    while !isDone {
      let goesOn = try await duplex.forEachReady { frame in
        switch frame {
        case .xLogData(let start, _, _, let payload):
          count(payload.count)
          try lines.append(payload, at: start, &totals)
        case .keepAlive(_, _, let replyRequested): isAtEnd = isAtEnd || replyRequested
        }
      }
      guard goesOn else { break }
    }
    lines.drop(&totals)
  }

  private var isDone: Bool { isAtEnd || totals.messages >= limit }

  private mutating func count(_ bytes: Int) {
    totals.messages += 1
    totals.bytes += bytes
  }

  private mutating func visit(_ message: PgOutputMessage, _ sum: inout Int) {
    switch message {
    case .insert(_, let new): visit(new, &sum)
    case .update(_, let old, let new):
      if let old { visit(old, &sum) }
      visit(new, &sum)
    case .delete(_, let old): visit(old, &sum)
    default: return
    }
    totals.rows += 1
  }

  private mutating func visit(_ row: TupleData, _ sum: inout Int) {
    row.forEachColumn { (_, column) in
      switch column {
      case .text(let bytes), .binary(let bytes): sum &+= bytes.count
      case .null, .unchanged, .notSent: break
      }
    }
    totals.columns += row.columnCount
  }
}
