extension ServerError {
  /// How to fix it, where the server's own words do not say so or mislead.
  public var advice: String? {
    switch sqlState {
    case .undefinedObject where isAboutPublication:
      """
      the publication did not exist at this point of the log. A publication must be created \
      before the slot; drop the slot and create it again, or advance it past this point and lose \
      what lies between
      """
    case .insufficientPrivilege where Self.needReplication.contains(routine ?? ""):
      """
      give the role the attribute (ALTER ROLE … REPLICATION; on a managed service its own way, \
      such as GRANT rds_replication), or connect as one that has it
      """
    case .invalidAuthorizationSpecification
    where routine == "ClientAuthentication" && !message.contains(Self.accessFile):
      """
      the line of pg_hba.conf that fits asks for a client certificate: give sslcert and sslkey, \
      signed by an authority that the server trusts
      """
    case .invalidAuthorizationSpecification where routine == "ClientAuthentication":
      """
      pg_hba.conf has no line that lets this connection in, or one that rejects it. A logical \
      replication connection matches by the name of its database, not by the word replication, \
      which is for physical ones; the line must also fit the user, the address and the encryption
      """
    case .tooManyConnections where isAboutWalsenders:
      """
      each stream and each standby takes one of max_wal_senders: raise it, or end those that are \
      left over (pg_stat_replication)
      """
    case .protocolViolation where message.contains(Self.poolerRefusal):
      """
      this is a pooler such as PgBouncer, which accepts no replication connection, or not this \
      setting: connect to the PostgreSQL server itself
      """
    case .syntaxError where isAtReplicationCommand:
      """
      the session takes no replication commands: a pooler in between has dropped the parameter \
      that asks for them. Connect to the PostgreSQL server itself
      """
    default: nil
    }
  }

  private static let needReplication: Set<String> = [
    "InitPostgres", "CheckSlotPermissions", "check_permissions",
  ]

  /// A file's name, which stays as it is in every language.
  private static let accessFile = "pg_hba.conf"
  /// PgBouncer's own words; it has no translations, and sends no routine.
  private static let poolerRefusal = "unsupported startup parameter"

  /// Whether all of `max_wal_senders` are taken.
  ///
  /// Ordinary sessions get the same code from the same function when `max_connections` are taken.
  private var isAboutWalsenders: Bool {
    routine == "InitWalSenderSlot" || command == .walsenderStartup && routine == "InitProcess"
  }

  /// Whether a parser of SQL stopped at the first word of a command that only a walsender knows.
  private var isAtReplicationCommand: Bool {
    position == 1 && command?.isForWalsender == true
  }

  /// The error, and how to fix it if that is known.
  package var explained: String { advice.map { "\(self): \($0)" } ?? "\(self)" }
}
