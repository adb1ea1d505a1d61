public import Logging
public import PGWire

/// What to replicate, and how.
public struct ReplicationParams: Sendable {
  /// Where to connect, and as which role.
  public var connection: ConnectionOptions
  /// The slot's name: 1 to 63 of `a-z`, `0-9` and `_`.
  public var slot: String
  /// The publications whose changes are wanted, by their exact names.
  ///
  /// Operations on slots don't need them; but they must exist before a slot for pgoutput is
  /// created, since changes written before a publication was created can't be decoded with it.
  public var publications: [String]

  /// The output plugin that the slot has, or is created with.
  public var plugin = "pgoutput"
  var isPgOutput: Bool { plugin == "pgoutput" }
  /// Use a temporary slot, which lives only as long as the client's connection.
  public var usesTemporarySlot = false
  /// Create the slot if it does not exist.
  public var createsSlot = false
  /// The version of pgoutput's protocol to ask for.
  public var protocolVersion = PgOutputVersion.automatic
  /// Whether large transactions are sent while they are in progress.
  ///
  /// Since server 14, `parallel` since 16.
  public var streaming = Streaming.off
  /// Have transactions sent when they are prepared (`PREPARE TRANSACTION`), and not only when they
  /// commit.
  ///
  /// This is a permanent property of a slot. ``Client/ensureSlot(_:onWait:)`` creates the slot with
  /// it, and accepts an existing slot only if it has it. A slot with this property sends such
  /// transactions whether they are requested or not.
  ///
  /// Since server 15.
  public var usesTwoPhase = false
  /// Allow the start of the stream to turn ``usesTwoPhase`` on for a slot permanently.
  public var convertsToTwoPhase = false
  /// Also deliver what `pg_logical_emit_message` writes.
  ///
  /// Since server 14.
  public var deliversMessages = false
  /// Ask for values in binary; types without a binary form are still sent as text.
  ///
  /// Since server 14.
  public var prefersBinary = false
  /// Whether to receive changes that came to the server by replication.
  ///
  /// Since server 16.
  public var origin = OriginFilter.any

  /// The longest time between two reports to the server.
  ///
  /// A third of the server's `wal_sender_timeout` is used if that is shorter.
  public var statusInterval = Duration.seconds(10)
  /// How long the server waits for a message from us: `wal_sender_timeout` of this session.
  ///
  /// If `nil`, the server's own setting is kept. Feedback and ``stallTimeout`` are derived from it
  /// in either case.
  public var walSenderTimeout: Duration?
  /// How long the server may be silent before the stream fails with
  /// ``ReplicationError/stalled(_:)``.
  ///
  /// After half of it the server is asked for a reply. If `nil`, the server's `wal_sender_timeout`
  /// is used, or 60 s if that is off; zero switches it off.
  public var stallTimeout: Duration?
  /// How long the server may leave a statement on the control connection unanswered before it is
  /// asked, over another connection, whether it is still busy with it.
  ///
  /// If it is not, or can't be reached, ``ControlError/noAnswer(to:after:)`` is thrown. Statements
  /// that take long, such as creating a slot, are waited for. `nil` for no limit.
  ///
  /// The limit also holds for CREATE_REPLICATION_SLOT, which goes over a connection of its own.
  public var answerTimeout: Duration? = .seconds(10)
  /// How long a server that shuts down has to wait for a consumer that takes nothing.
  ///
  /// While the server runs, a consumer may sleep for any time. But a server that shuts down waits
  /// until it has sent everything. To detect a shutdown, a connection attempt is made about every
  /// ten seconds while nothing is taken and more is available than the byte budget, or an
  /// acknowledgement is awaited. The stream then ends with
  /// ``ReplicationError/droppedForShutdown(after:)``, after everything that had been received; a
  /// ``Subscription`` connects again. `nil` for no limit.
  public var shutdownTimeout: Duration? = .seconds(10)
  /// Stop after every transaction whose commit LSN is at or below this.
  ///
  /// For a prepared transaction, the prepare and the commit or rollback count separately.
  public var stopAt: LSN?
  /// Deliver ``ReplicationEvent/keepAlive(_:)`` too.
  public var deliversKeepAlives = false
  /// Decode begin, commit and logical messages of pgoutput.
  ///
  /// Otherwise every message of the plugin is delivered as ``ReplicationEvent/xLogData(_:)``.
  public var decodesTransactions = true
  /// Continue if the server skips a publication that did not exist when a change was made.
  ///
  /// Server 18 and later skip it, with a warning, and with it every change that only this
  /// publication covers. By default that throws ``ReplicationError/publicationSkipped(_:)``, just
  /// as servers up to 17 report an error.
  public var skipsMissingPublications = false
  /// Let the slot follow the server's log while everything delivered has been acknowledged.
  ///
  /// Otherwise the slot of an idle publication holds back WAL that other tables produce, and a
  /// server that shuts down waits for the last acknowledgement to reach its own records. If `nil`,
  /// a ``Subscription`` does it and a plain stream does not.
  ///
  /// A subscription saves the position and then reports it at most twice a second; without a store
  /// it reports it once in ``statusInterval``. A server that asks, as it does when it shuts down,
  /// gets the position from a subscription in any case, and at once.
  public var advancesWhenIdle: Bool?
  /// Bytes of received messages that may be alive before reading stops.
  ///
  /// It counts messages that wait for the consumer and those that its events keep alive. An eighth
  /// of it is read ahead of the consumer, for a ``Subscription`` a twelfth. A message larger than
  /// the whole budget is still delivered.
  public var byteBudget = 8 << 20
  /// Limits for what the server can make a connection hold, compute and wait for.
  ///
  /// They hold for the stream's connection, and for those of snapshots.
  public var limits = ConnectionLimits()
  /// The log for connections, slot changes and feedback.
  public var logger = Logger(label: "swift-postgres-replication")

  /// Parameters for a slot and its publications; the rest can be set afterwards.
  public init(connection: ConnectionOptions, slot: String, publications: [String]) {
    self.connection = connection
    self.slot = slot
    self.publications = publications
  }

  /// Parameters with a connection string.
  ///
  /// - Parameter url: A URI or `key=value` string, as libpq reads them. Nothing is taken from the
  ///   environment.
  /// - Throws: ``ReplicationError`` if the string is invalid; a missing host or user is an error.
  public init(url: String, slot: String, publications: [String]) throws(ReplicationError) {
    let connection: ConnectionOptions
    do {
      connection = try ConnectionOptions(url)
    } catch {
      throw .connection(.options(error))
    }
    self.init(connection: connection, slot: slot, publications: publications)
  }
}
