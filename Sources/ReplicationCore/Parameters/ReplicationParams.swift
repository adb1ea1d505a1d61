public import Logging
public import PGWire

/// What to replicate, and how.
public struct ReplicationParams: Sendable {
  /// Where to connect, as whom.
  public var connection: ConnectionOptions
  /// The slot's name: 1 to 63 of `a-z`, `0-9` and `_`.
  public var slot: String
  /// The publications whose changes are wanted, by their exact names.
  ///
  /// For what is done to slots they don't matter; but before a slot for pgoutput is created they
  /// must exist, since a publication made later stays unknown to what was written before it.
  public var publications: [String]

  /// The output plugin that the slot has, or is created with.
  public var plugin = "pgoutput"
  var isPgOutput: Bool { plugin == "pgoutput" }
  /// The slot lives as long as the client's connection, and no longer.
  public var temporarySlot = false
  /// Create the slot if it does not exist.
  public var createsSlot = false
  /// The version of pgoutput's protocol to ask for.
  public var protocolVersion = ProtocolVersion.automatic
  /// Whether large transactions are sent while they are in progress.
  ///
  /// Since server 14, `parallel` since 16.
  public var streaming = Streaming.off
  /// Have transactions that are prepared (`PREPARE TRANSACTION`) sent then, and not only at the
  /// end.
  ///
  /// A slot is made for it or not, for good. ``Client/ensureSlot(_:onWait:)`` makes one that is,
  /// and takes an existing one only if it is. A slot that is made for it sends such transactions
  /// whether they are asked for or not.
  ///
  /// Since server 15.
  public var twoPhase = false
  /// Let a slot that isn't made for ``twoPhase`` be changed by the start of the stream, for good.
  public var convertsToTwoPhase = false
  /// Also deliver what `pg_logical_emit_message` writes.
  ///
  /// Since server 14.
  public var messages = false
  /// Ask for values in binary; types that have no such form come as text all the same.
  ///
  /// Since server 14.
  public var binary = false
  /// Whether changes that came to the server by replication are wanted.
  ///
  /// Since server 16.
  public var origin = Origin.any

  /// The longest time between two reports to the server.
  ///
  /// A third of the server's `wal_sender_timeout` is used where that is shorter.
  public var statusInterval = Duration.seconds(10)
  /// How long the server waits for a sign of life, set for this session: `wal_sender_timeout`.
  ///
  /// Without it the server's own setting is read and kept. Feedback and ``stallTimeout`` derive
  /// from it in either case.
  public var walSenderTimeout: Duration?
  /// How long the server may be silent before the stream fails with
  /// ``ReplicationError/stalled(_:)``.
  ///
  /// At half of it the server is asked for a reply. Without it the server's `wal_sender_timeout` is
  /// used, or 60 s where that is off; zero switches it off.
  public var stallTimeout: Duration?
  /// How long the server may leave a statement on the control connection unanswered before it is
  /// asked, over another connection, whether it is still busy with it.
  ///
  /// One that is not, or can't be reached, is ``ControlError/noAnswer(to:after:)``. What takes
  /// long, such as creating a slot, is waited for. `nil` for no limit.
  public var answerTimeout: Duration? = .seconds(10)
  /// How long a server that shuts down is kept waiting for a consumer that takes nothing.
  ///
  /// While the server runs, a consumer may sleep for as long as it likes. But a server that shuts
  /// down waits until it has sent everything. Whether it does is found out by a connection attempt
  /// about every ten seconds, while nothing is taken and more is there than the byte budget, or an
  /// acknowledgement is waited for. The stream then ends with
  /// ``ReplicationError/droppedForShutdown(after:)``, after what had been received; a
  /// ``Subscription`` connects again. `nil` for no limit.
  public var shutdownPatience: Duration? = .seconds(10)
  /// Stop after every transaction whose commit LSN is at or below this.
  ///
  /// Of a prepared transaction the prepare, and the commit or rollback, count each on its own.
  public var stopAt: LSN?
  /// Deliver ``ReplicationEvent/keepAlive(_:)`` too.
  public var deliversKeepAlives = false
  /// Decode begin, commit and logical messages of pgoutput.
  ///
  /// Without it every message of the plugin comes as ``ReplicationEvent/xLogData(_:)``.
  public var decodesTransactions = true
  /// Continue where the server skips a publication that did not exist when a change was made.
  ///
  /// Server 18 and later skip it, with a warning, and with it every change that only this
  /// publication covers. By default that is ``ReplicationError/publicationSkipped(_:)``, as it is
  /// an error of servers up to 17.
  public var skipsMissingPublications = false
  /// Let the slot follow the server's log while everything delivered has been acknowledged.
  ///
  /// Without it the slot of an idle publication holds back WAL that other tables produce, and a
  /// server that shuts down waits for the last acknowledgement to reach its own records.
  public var advancesWhenIdle = false
  /// Bytes of received messages that may be alive before reading stops.
  ///
  /// Counted are those that wait for the consumer and those that its events keep alive. An eighth
  /// of it is read ahead of the consumer, for a ``Subscription`` a sixteenth. A message that is
  /// larger than all of it is still delivered.
  public var byteBudget = 8 << 20
  /// What the server may make a connection hold, compute and wait for.
  ///
  /// They hold for the stream's connection, and for those of snapshots.
  public var limits = ConnectionLimits()
  /// Where connects, slot changes and feedback are logged.
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
  /// - Throws: ``ReplicationError`` if the string can't be right; a missing host or user is an
  ///   error.
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
