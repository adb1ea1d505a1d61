internal import ChangeFormats
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
  private var types = TypeKnowledge()

  init(_ duplex: Duplex, format: any EventFormat, acknowledges: Bool, maxTransactions: Int?) {
    self.duplex = duplex
    self.acknowledges = acknowledges
    self.maxTransactions = maxTransactions
    self.format = format
    types.note(serverVersion: duplex.serverMajorVersion)
    self.format.learn(types.types)
  }

  /// Runs until the stream ends, or enough transactions were written.
  ///
  /// What was written is acknowledged once it is on the disk, if standard output is a file.
  mutating func run() async throws {
    do {
      try await writeAll()
    } catch {
      try? writer.drain()
      throw error
    }
    try writer.drain()
  }

  private mutating func writeAll() async throws {
    while let event = try await next() {
      try await write(event)
      if let relation = format.unexplained { try await learnTypes(of: relation) }
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

  /// Asks what the types of a table's columns are made of, before its first row comes.
  private mutating func learnTypes(of relation: Relation) async throws {
    // It may take a while.
    try writer.flush()
    let (duplex, xid) = (duplex, format.xid)
    let hasLearnt = try await types.learn(relation, from: xid, isBinary: duplex.isBinary) {
      relation, types throws(ReplicationError) in
      try await duplex.lookUpTypes(of: relation, into: &types, from: xid)
    }
    if hasLearnt { format.learn(types.types) }
  }

  /// Writes an event; if a value in it is of an unknown type, that is looked up.
  ///
  /// A composite may have got fields since it was looked up, or may have lost some before.
  private mutating func write(_ event: ReplicationEvent) async throws {
    while true {
      do {
        return try format.write(event, to: &writer.buffer)
      } catch let error as FormatError {
        guard case .value(.unknownType(let oid), _, _, _, _) = error else { throw error }
        let found = try await duplex.describeTypes([oid])
        guard types.add(found) else { throw error }
        format.learn(types.types)
      }
    }
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
    guard acknowledges else { return }
    try writer.whenDurable { [duplex] in duplex.sendStatusUpdate(flush: lsn) }
  }
}
