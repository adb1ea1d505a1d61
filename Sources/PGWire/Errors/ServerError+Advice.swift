extension ServerError {
  /// The way out, where the server's own words do not name it or mislead.
  public var advice: String? {
    switch sqlState {
    case .undefinedObject where isAboutPublication:
      """
      the publication did not exist at this point of the log. A publication must be made before \
      the slot; drop the slot and make it anew, or advance it past this point and lose what lies \
      between
      """
    case .insufficientPrivilege where Self.needReplication.contains(routine ?? ""):
      """
      give the role the attribute (ALTER ROLE … REPLICATION; on a managed service its own way, \
      such as GRANT rds_replication), or connect as one that has it
      """
    case .invalidAuthorizationSpecification
    where routine == "ClientAuthentication" && !message.contains("pg_hba.conf"):
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
    case .tooManyConnections where message.contains("max_wal_senders"):
      """
      each stream and each standby takes one: raise max_wal_senders, or end those that are left \
      over (pg_stat_replication)
      """
    case .protocolViolation where message.contains("unsupported startup parameter"):
      """
      this is a pooler such as PgBouncer, which takes no replication connection or not this \
      setting: connect to the PostgreSQL server itself
      """
    case .syntaxError where isAtReplicationCommand:
      """
      the session takes no replication commands: a pooler in between has dropped what asks for \
      them. Connect to the PostgreSQL server itself
      """
    default: nil
    }
  }

  private static let needReplication: Set<String> = [
    "InitPostgres", "CheckSlotPermissions", "check_permissions",
  ]

  /// Whether the parser stumbled over the first word of a command that only a walsender knows.
  private var isAtReplicationCommand: Bool {
    position == 1
      && ["START_REPLICATION", "CREATE_REPLICATION_SLOT"].contains(where: message.contains)
  }

  /// The error, and the way out if there is one to tell.
  package var explained: String { advice.map { "\(self): \($0)" } ?? "\(self)" }
}
