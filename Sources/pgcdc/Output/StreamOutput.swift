internal import PGOutput
internal import PGWire
internal import ReplicationCore

/// Writes the events of a stream, and acknowledges each transaction once its lines are out.
struct StreamOutput: ~Copyable {
  private let duplex: Duplex
  private let acknowledges: Bool
  private let maxTransactions: Int?
  private var format: any EventFormat
  private var writer = FileWriter.standardOutput()
  private var transactions = 0
  private var ends = TransactionEnds()

  init(_ duplex: Duplex, format: OutputFormat, acknowledges: Bool, maxTransactions: Int?) {
    self.duplex = duplex
    self.acknowledges = acknowledges
    self.maxTransactions = maxTransactions
    self.format =
      switch format {
      case .json: JSONFormat()
      case .raw: RawFormat()
      case .events: EventsFormat()
      }
  }

  /// Runs until the stream ends, or enough transactions were written.
  mutating func run() async throws {
    while let event = try await next() {
      try format.write(event, to: &writer.buffer)
      switch try ends.end(in: event) {
      case .transaction(let lsn):
        try written(upTo: lsn)
        transactions += 1
        if transactions == maxTransactions { return }
      case .between(let lsn):
        // All that was committed before it has been written by now.
        try written(upTo: lsn)
      case nil: try writer.flushIfFull()
      }
    }
    try writer.flush()
  }

  /// The next event; before waiting for one, what was written so far is flushed.
  private mutating func next() async throws -> ReplicationEvent? {
    // A stream that is never idle would not notice otherwise.
    if Task.isCancelled { throw ReplicationError.cancelled }
    if let event = try duplex.recvIfReady() { return event }
    try writer.flush()
    return try await duplex.recv()
  }

  private mutating func written(upTo lsn: LSN) throws {
    try writer.flush()
    if acknowledges { duplex.sendStatusUpdate(flush: lsn) }
  }
}
