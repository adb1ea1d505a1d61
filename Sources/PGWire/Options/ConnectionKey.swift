/// A connection parameter of libpq 18 or 19, and how it is handled here.
///
/// libpq: `PQconninfoOptions` in fe-connect.c,
/// <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS>
struct ConnectionKey: Hashable, Sendable {
  enum Support: Hashable, Sendable {
    case supported
    /// Set by the library, so that a value from the caller could only contradict.
    case reserved
    /// Refused, unless its value asks for no more than we do anyway.
    case refused(unless: [String])
  }

  let name: String
  /// The environment variable that is used if the string does not set the key.
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
  static let passfile = ConnectionKey("passfile", "PGPASSFILE")
  static let service = ConnectionKey("service", "PGSERVICE")
  static let servicefile = ConnectionKey("servicefile", "PGSERVICEFILE")
  static let targetSessionAttrs = ConnectionKey("target_session_attrs", "PGTARGETSESSIONATTRS")
  static let loadBalanceHosts = ConnectionKey("load_balance_hosts", "PGLOADBALANCEHOSTS")
  static let minProtocolVersion = ConnectionKey("min_protocol_version", "PGMINPROTOCOLVERSION")
  static let maxProtocolVersion = ConnectionKey("max_protocol_version", "PGMAXPROTOCOLVERSION")
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
    service, servicefile, host, hostaddr, port, user, password, passfile, dbname,
    targetSessionAttrs, loadBalanceHosts, minProtocolVersion, maxProtocolVersion, applicationName,
    fallbackApplicationName, clientEncoding, options, connectTimeout, keepalives, keepalivesIdle,
    keepalivesInterval, keepalivesCount, tcpUserTimeout,
    sslmode, sslnegotiation, sslcert, sslkey, sslpassword, sslcertmode, sslrootcert, sslcrl,
    sslcrldir, sslsni, sslMinProtocolVersion, sslMaxProtocolVersion,
    channelBinding, requireAuth, requirepeer, scramClientKey, scramServerKey,
    oauthIssuer, oauthClientID, oauthClientSecret, oauthScope, oauthCAFile,
    ConnectionKey("replication", nil, .reserved),
    refused("sslcompression", "PGSSLCOMPRESSION", unless: ["0"]),
    refused("sslkeylogfile"),

    refused("gssencmode", "PGGSSENCMODE", unless: ["disable", "prefer"]),
    refused("krbsrvname", "PGKRBSRVNAME", unless: ["postgres"]),
    refused("gsslib", "PGGSSLIB"),
    refused("gssdelegation", "PGGSSDELEGATION", unless: ["0"]),
  ]

  static let named: [String: ConnectionKey] = all.reduce(into: [:]) { $0[$1.name] = $1 }
}
