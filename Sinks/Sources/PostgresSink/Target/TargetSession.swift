internal import ChangeSinks
internal import Logging
internal import PGOutput
internal import PGWire
internal import ReplicationCore

/// A session in the target that has the lock of a slot.
///
/// It is used by one thread at a time. After an error it is of no use any more.
final class TargetSession {
  let options: PostgresSinkOptions
  let settings: TargetSettings
  let connection: TargetConnection
  let slot: String
  /// The number of this session among those that the slot has had.
  var epoch = ""
  /// What the target had when the session was opened.
  var checkpoint: Checkpoint?
  /// The tables as the target has them, by their oids in the source.
  var known: [UInt32: Relation] = [:]
  /// The same, without what the open transaction has changed.
  var committed: [UInt32: Relation] = [:]
  /// Whether a transaction is open in the target.
  var isInTransaction = false
  /// The types that the open transaction has created, whose labels can be added and used in it.
  var createdTypes: Set<SourceTypeName> = []
  var hasOrigin = false

  /// The tables of the shapes that the encoder has numbered.
  var tables: [Int: TargetTable] = [:]
  /// Statements that are prepared, and their names.
  var statements: [TargetStatement.Key: (name: String, statement: TargetStatement)] = [:]
  var statementCount = 0
  /// Memory for the places of a statement's values.
  var places: [Int] = []

  /// - Parameter connection: One that is open, and of which nothing is set up yet.
  init(
    _ options: PostgresSinkOptions, _ settings: TargetSettings, _ connection: TargetConnection,
    slot: String
  ) {
    self.options = options
    self.settings = settings
    self.connection = connection
    self.slot = slot
  }

  /// Connects to the target, takes the slot's lock, and reads what the target has.
  ///
  /// - Throws: ``/ChangeSinks/SinkError``.
  static func open(
    _ options: PostgresSinkOptions, _ settings: TargetSettings, slot: String
  ) throws(SinkError) -> TargetSession {
    let connection = try TargetConnection.open(settings)
    let session = TargetSession(options, settings, connection, slot: slot)
    try session.pinSettings()
    try session.lock()
    try session.createState()
    try session.readState()
    try session.setUpOrigin()
    return session
  }

  /// A schema-qualified name of one of the sink's own tables.
  func own(_ table: String) -> String { "\(options.stateSchema.quotedName).\(table.quotedName)" }

  /// An error of the target.
  func error(_ category: ErrorCategory, _ reason: String) -> SinkError {
    SinkError(engine: connection.engine, category, reason)
  }

  /// The table of a shape.
  func table(_ shape: Int) throws(SinkError) -> TargetTable {
    guard let table = tables[shape] else {
      throw error(.fatal, "rows have come whose table was not described before")
    }
    return table
  }
}

// MARK: - Transactions

extension TargetSession {
  /// Begins a transaction, unless one is open.
  func begin() throws(SinkError) {
    guard !isInTransaction else { return }
    try connection.query("BEGIN")
    isInTransaction = true
  }

  /// Undoes what was written since the last commit.
  func rollBack() throws(SinkError) {
    try connection.endPipeline()
    guard isInTransaction else { return }
    try connection.query("ROLLBACK")
    isInTransaction = false
    known = committed
    createdTypes = []
  }

  /// Commits what was written, together with the checkpoint that stands for it.
  func commit(_ content: BatchContent, _ checkpoint: Checkpoint?) throws(SinkError) {
    try connection.endPipeline()
    try store(checkpoint, over: connection)
    if isInTransaction {
      if hasOrigin, let checkpoint {
        try connection.query(
          """
          SELECT pg_catalog.pg_replication_origin_xact_setup($1::pg_catalog.pg_lsn,
            COALESCE($2::pg_catalog.timestamptz, pg_catalog.now()))
          """, ["\(checkpoint.position)", content.commitTime])
      }
      try connection.query("COMMIT")
      isInTransaction = false
    }
    committed = known
    createdTypes = []
    try dropStatementsIfMany()
  }

  /// Stores a checkpoint without data, durably.
  ///
  /// While a transaction is open, of which the checkpoint says nothing, this needs another
  /// connection. The open transaction does not touch the row of the state before its end.
  func save(_ checkpoint: Checkpoint) throws(SinkError) {
    connection.activity = "saving a checkpoint"
    guard isInTransaction else { return try store(checkpoint, over: connection) }
    let other = try TargetConnection.open(settings, to: connection.host)
    other.activity = connection.activity
    try other.query(
      "SELECT pg_catalog.set_config('synchronous_commit', $1, false)",
      [options.synchronousCommit.rawValue])
    try store(checkpoint, over: other)
  }

  /// Writes a checkpoint, if there is one, and makes sure that no later session has taken over.
  private func store(
    _ checkpoint: Checkpoint?, over connection: TargetConnection
  ) throws(SinkError) {
    var text: String?
    do throws(ReplicationError) {
      text = try checkpoint?.encoded().hex
    } catch {
      throw self.error(.fatal, "the checkpoint can't be written: \(error)")
    }
    let rows = try connection.query(
      """
      UPDATE \(own("state")) SET updated_at = pg_catalog.now(),
        checkpoint = COALESCE(pg_catalog.decode($2::pg_catalog.text, 'hex'), checkpoint)
      WHERE slot OPERATOR(pg_catalog.=) $1 AND epoch OPERATOR(pg_catalog.=) $3::pg_catalog.int8
      RETURNING 1
      """, [slot, text, epoch])
    guard rows.count == 1 else {
      throw error(
        .needsOperator,
        "another program has taken over the state of slot \"\(slot)\"; only one may write")
    }
  }

  /// Prepared statements stay in the memory of the server's process.
  private func dropStatementsIfMany() throws(SinkError) {
    guard statements.count > 1000 else { return }
    try connection.query("DEALLOCATE ALL")
    statements = [:]
  }
}

extension [UInt8] {
  /// Two digits for each byte.
  var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(count * 2)
    for byte in self {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of digits as PostgreSQL prints them; `nil` for other text.
  init?(hex text: String) {
    self = []
    var high: UInt8?
    for digit in text.utf8 {
      let value: UInt8
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - 48
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - 87
      default: return nil
      }
      if let first = high {
        append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    guard high == nil else { return nil }
  }
}
