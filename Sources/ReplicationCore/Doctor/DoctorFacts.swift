internal import CDCTime
internal import PGWire

/// The facts for the doctor as plain values, so that they can be judged without a server.
struct DoctorFacts: Sendable {
  var server = 0
  var versionText = ""
  var isStandby = false
  var database = ""
  var user = ""
  var isSuperuser = false
  var mayReplicate = false
  var seesSessions = false
  var connection = ConnectionFacts()
  var settings: [String: String] = [:]
  var walSendersUsed: Int64 = 0
  var now = PostgresTimestamp(microseconds: 0)
  var openTransactions: [OpenTransaction] = []
  var slots: [SlotHealth] = []
  /// What decoding has cost, by the slot's name; empty before server 14.
  var decoding: [String: DecodingFacts] = [:]
  /// Transactions since the oldest that a slot's catalogs still need, by the slot's name.
  var catalogAges: [String: Int64] = [:]
  var publications: [String: Publication] = [:]
  var tables: [PublishedTable] = []
  /// The database's encoding, by its name.
  var encoding = ""
  /// The timeouts that end long transactions, wherever they are set.
  var transactionTimeouts: [StoredSetting] = []
  /// Published tables in which row security hides rows from this role.
  var rowSecurity: [PublicationTable] = []
  /// The server's last checkpoint; `nil` if it can't be seen.
  var checkpoint: CheckpointFacts?
  /// The facts that could not be read, and why.
  var refused: [(what: String, why: String)] = []

  func setting(_ name: String) -> Int64? { settings[name].flatMap { Int64($0) } }
}

/// How the session is connected.
struct ConnectionFacts: Sendable {
  var tlsVersion: String?
  var tlsCipher: String?
  var clientAddress: String?
  var isLoopback = false
  var hbaRule: HBARule?
  /// How the replication connection failed; `nil` if it succeeded.
  var replicationFailure: String?
  /// Whether a replication connection was accepted.
  var replicationWorks = false
  var systemID: String?
  var timeline: String?
}

/// What decoding for a slot has cost since its statistics began.
struct DecodingFacts: Sendable {
  /// Transactions that did not fit into `logical_decoding_work_mem`, and were written to disk.
  let spilledTransactions: Int64
  /// The bytes that were written for them.
  let spilledBytes: Int64
  /// The bytes of all changes that were decoded.
  let totalBytes: Int64
  /// How often that memory was exceeded; `nil` before server 19.
  let memoryExceeded: Int64?
}

/// Where a checkpoint began.
struct CheckpointFacts: Sendable {
  let lsn: LSN
  /// Transactions since then: one that has this age or less began after it.
  let nextTransactionAge: Int64
}

/// The line of pg_hba.conf that accepts the session.
struct HBARule: Sendable {
  let line: String
  let text: String
  let method: String
}

/// A transaction that has been open for a long time.
struct OpenTransaction: Sendable {
  /// The session; `nil` for a prepared transaction.
  let session: ServerSession?
  let preparedName: String?
  let age: Duration
}

/// A setting that is stored for a role, a database or the server.
struct StoredSetting: Sendable {
  let value: String
  /// The role; `nil` for every role.
  let role: String?
  /// The database; `nil` for every database.
  let database: String?
}
