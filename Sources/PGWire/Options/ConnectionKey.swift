/// A connection parameter that libpq 18 or 19 knows, and what we make of it.
///
/// libpq: `PQconninfoOptions` in fe-connect.c,
/// <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS>
struct ConnectionKey: Hashable, Sendable {
  enum Support: Hashable, Sendable {
    case supported
    /// Set by us, so that a value of the caller's would only contradict.
    case reserved
    /// Refused, unless its value asks for no more than we do anyway.
    case refused(unless: [String])
  }

  let name: String
  /// The environment variable that stands in where the string is silent.
  let variable: String?
  let support: Support

  private init(_ name: String, _ variable: String?, _ support: Support = .supported) {
    (self.name, self.variable, self.support) = (name, variable, support)
  }

  private static func refused(
    _ name: String, _ variable: String? = nil, unless harmless: [String] = []
  ) -> ConnectionKey {
    ConnectionKey(name, variable, .refused(unless: harmless))
  }
}

extension ConnectionKey {
  static let host = ConnectionKey("host", "PGHOST")
  static let hostaddr = ConnectionKey("hostaddr", "PGHOSTADDR")
  static let port = ConnectionKey("port", "PGPORT")
  static let user = ConnectionKey("user", "PGUSER")
  static let password = ConnectionKey("password", "PGPASSWORD")
  static let passfile = refused("passfile", "PGPASSFILE")
  static let dbname = ConnectionKey("dbname", "PGDATABASE")

  static let sslmode = ConnectionKey("sslmode", "PGSSLMODE")
  static let sslnegotiation = ConnectionKey("sslnegotiation", "PGSSLNEGOTIATION")
  static let sslcert = ConnectionKey("sslcert", "PGSSLCERT")
  static let sslkey = ConnectionKey("sslkey", "PGSSLKEY")
  static let sslpassword = ConnectionKey("sslpassword", nil)
  static let sslcertmode = ConnectionKey("sslcertmode", "PGSSLCERTMODE")
  static let sslrootcert = ConnectionKey("sslrootcert", "PGSSLROOTCERT")
  static let sslcrl = ConnectionKey("sslcrl", "PGSSLCRL")
  static let sslcrldir = ConnectionKey("sslcrldir", "PGSSLCRLDIR")
  static let sslsni = ConnectionKey("sslsni", "PGSSLSNI")
  static let sslMinProtocolVersion = ConnectionKey(
    "ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION")
  static let sslMaxProtocolVersion = ConnectionKey(
    "ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION")

  static let channelBinding = ConnectionKey("channel_binding", "PGCHANNELBINDING")
  static let requireAuth = ConnectionKey("require_auth", "PGREQUIREAUTH")
  static let requirepeer = ConnectionKey("requirepeer", "PGREQUIREPEER")
  static let scramClientKey = ConnectionKey("scram_client_key", nil)
  static let scramServerKey = ConnectionKey("scram_server_key", nil)
  static let oauthIssuer = ConnectionKey("oauth_issuer", nil)
  static let oauthClientID = ConnectionKey("oauth_client_id", nil)
  static let oauthClientSecret = ConnectionKey("oauth_client_secret", nil)
  static let oauthScope = ConnectionKey("oauth_scope", nil)
  static let oauthCAFile = ConnectionKey("oauth_ca_file", "PGOAUTHCAFILE")

  static let applicationName = ConnectionKey("application_name", "PGAPPNAME")
  static let fallbackApplicationName = ConnectionKey("fallback_application_name", nil)
  static let clientEncoding = ConnectionKey("client_encoding", "PGCLIENTENCODING")
  static let options = ConnectionKey("options", "PGOPTIONS")
  static let connectTimeout = ConnectionKey("connect_timeout", "PGCONNECT_TIMEOUT")
  static let keepalives = ConnectionKey("keepalives", nil)
  static let keepalivesIdle = ConnectionKey("keepalives_idle", nil)
  static let keepalivesInterval = ConnectionKey("keepalives_interval", nil)
  static let keepalivesCount = ConnectionKey("keepalives_count", nil)
  static let tcpUserTimeout = ConnectionKey("tcp_user_timeout", nil)

  static let all: [ConnectionKey] = [
    host, hostaddr, port, user, password, passfile, dbname, applicationName,
    fallbackApplicationName, clientEncoding, options, connectTimeout, keepalives, keepalivesIdle,
    keepalivesInterval, keepalivesCount, tcpUserTimeout,
    sslmode, sslnegotiation, sslcert, sslkey, sslpassword, sslcertmode, sslrootcert, sslcrl,
    sslcrldir, sslsni, sslMinProtocolVersion, sslMaxProtocolVersion,
    channelBinding, requireAuth, requirepeer, scramClientKey, scramServerKey,
    oauthIssuer, oauthClientID, oauthClientSecret, oauthScope, oauthCAFile,
    ConnectionKey("replication", nil, .reserved),
    refused("service", "PGSERVICE"),
    refused("servicefile"),  // Without a service it says nothing, so PGSERVICEFILE is not read.
    // We speak 3.0: inside every upper bound that libpq takes, and inside one lower bound.
    refused("min_protocol_version", "PGMINPROTOCOLVERSION", unless: ["3.0"]),
    refused("max_protocol_version", "PGMAXPROTOCOLVERSION", unless: ["3.0", "3.2", "latest"]),
    refused("target_session_attrs", "PGTARGETSESSIONATTRS", unless: ["any"]),
    refused("load_balance_hosts", "PGLOADBALANCEHOSTS", unless: ["disable"]),

    refused("sslcompression", "PGSSLCOMPRESSION", unless: ["0"]),
    refused("sslkeylogfile"),

    refused("gssencmode", "PGGSSENCMODE", unless: ["disable", "prefer"]),
    refused("krbsrvname", "PGKRBSRVNAME", unless: ["postgres"]),
    refused("gsslib", "PGGSSLIB"),
    refused("gssdelegation", "PGGSSDELEGATION", unless: ["0"]),
  ]

  static let named: [String: ConnectionKey] = all.reduce(into: [:]) { $0[$1.name] = $1 }
}
