internal import PGWire

/// The settings that make libpq connect to the one host of these options as the stream does.
///
/// Everything that the environment could change is set here or by ``LinkedLibPQ``, so that both
/// connections behave the same.
///
/// - Parameter address: The address to connect to; `nil` for a Unix socket.
func controlSettings(_ options: ConnectionOptions, address: String?) -> [ControlSetting] {
  let settings = [
    ControlSetting("host", options.hosts[0].name), ControlSetting("hostaddr", address),
    ControlSetting("port", "\(options.port)"), ControlSetting("user", options.user),
    ControlSetting("dbname", options.database),
    ControlSetting("password", options.password), ControlSetting("passfile", noFile),
    ControlSetting("client_encoding", "UTF8"),
    ControlSetting("application_name", options.applicationName),
    ControlSetting("options", serverOptions(options)),
    ControlSetting("connect_timeout", "0"),  // The caller applies it, with poll.
    ControlSetting("target_session_attrs", "any"), ControlSetting("gssencmode", "disable"),
    ControlSetting(
      "min_protocol_version", options.minimumProtocol.rawValue, isDefault: { $0 == "3.0" }),
    ControlSetting(
      "max_protocol_version", options.maximumProtocol.rawValue, isDefault: { _ in true }),
    ControlSetting("keepalives", options.keepalive.isEnabled ? "1" : "0"),
    ControlSetting(number: "keepalives_idle", options.keepalive.idle.map { seconds($0) }),
    ControlSetting(number: "keepalives_interval", options.keepalive.interval.map { seconds($0) }),
    ControlSetting(number: "keepalives_count", options.keepalive.count.map { "\($0)" }),
    ControlSetting(
      number: "tcp_user_timeout",
      options.tcpUserTimeout.map { "\($0.wholeNanoseconds / 1_000_000)" }),
  ]
  return settings + tlsSettings(options.tls) + authenticationSettings(options.authentication)
}

private func tlsSettings(_ tls: TLSOptions) -> [ControlSetting] {
  let rootCertificates: String? =
    switch tls.rootCertificates {
    case .file(let path): path
    case .system: "system"
    default: nil
    }
  return [
    ControlSetting("sslmode", tls.mode.rawValue),
    ControlSetting("sslnegotiation", tls.negotiation.rawValue, isDefault: { $0 == "postgres" }),
    ControlSetting("sslrootcert", rootCertificates), ControlSetting("sslcert", tls.certificate),
    ControlSetting("sslkey", tls.privateKey),
    // Without a password, OpenSSL would ask for one at the terminal.
    ControlSetting("sslpassword", tls.privateKeyPassword ?? noPassword),
    ControlSetting("sslcertmode", tls.certificateMode.rawValue, isDefault: { $0 == "allow" }),
    ControlSetting("sslcrl", tls.revocationList),
    ControlSetting("sslcrldir", tls.revocationDirectory),
    ControlSetting("sslsni", tls.sendsServerName ? "1" : "0", isDefault: { _ in true }),
    ControlSetting("ssl_min_protocol_version", tls.minimumVersion?.rawValue ?? ""),
    ControlSetting("ssl_max_protocol_version", tls.maximumVersion?.rawValue ?? ""),
  ]
}

private func authenticationSettings(_ authentication: AuthenticationOptions) -> [ControlSetting] {
  let methods = authentication.allowedMethods.map { methods in
    methods.map(\.rawValue).sorted().joined(separator: ",")
  }
  return [
    ControlSetting("channel_binding", authentication.channelBinding.rawValue),
    ControlSetting("require_auth", methods),
    ControlSetting("requirepeer", authentication.requiredPeer),
    ControlSetting("scram_client_key", base64: authentication.scramClientKey),
    ControlSetting("scram_server_key", base64: authentication.scramServerKey),
    ControlSetting("oauth_issuer", authentication.oauth.issuer),
    ControlSetting("oauth_client_id", authentication.oauth.clientID),
    ControlSetting("oauth_client_secret", authentication.oauth.clientSecret),
    ControlSetting("oauth_scope", authentication.oauth.scope),
    ControlSetting("oauth_ca_file", authentication.oauth.authorityFile),
  ]
}

/// The caller's options for the server process, followed by the settings of ``SessionUse/control``,
/// which therefore take precedence.
private func serverOptions(_ options: ConnectionOptions) -> String {
  var text = options.serverOptions ?? ""
  // A last backslash would make the next space part of the caller's last option.
  if text.utf8.reversed().prefix(while: { $0 == UInt8(ascii: "\\") }).count % 2 == 1 {
    text.removeLast()
  }
  for setting in SessionUse.control.startup {
    text += " -c \(setting.name)=\(setting.value.replacing(" ", with: "\\ "))"
  }
  return text
}

/// A keyword of libpq with a value.
struct ControlSetting: Sendable {
  let name: String
  /// Bytes, since a password need not be text; `nil` for libpq's default, empty for no value.
  let value: [UInt8]?
  /// Whether a libpq that does not know the keyword behaves as this value says.
  let isDispensable: Bool

  /// - Parameter value: `nil` is the same as empty.
  init(_ name: String, _ value: String?, isDefault: (String) -> Bool = \.isEmpty) {
    self.name = name
    self.value = Array((value ?? "").utf8)
    isDispensable = isDefault(value ?? "")
  }

  init(number name: String, _ value: String?) {
    self.name = name
    self.value = value.map { Array($0.utf8) }
    isDispensable = value == nil
  }

  init(_ name: String, _ secret: Password?) {
    self.name = name
    value = secret?.withBytes { $0.copied() } ?? []
    isDispensable = secret == nil
  }

  init(_ name: String, base64 secret: Password?) {
    self.name = name
    value = secret?.withBytes { Base64.encode($0) } ?? []
    isDispensable = secret == nil
  }
}

/// A path that can't exist: passwords from a file are in the options already.
private let noFile = "/dev/null/none"

/// A password that no key is encrypted with.
///
/// If OpenSSL needs a password, decryption fails.
private let noPassword = Password("no password was given")

private func seconds(_ duration: Duration) -> String {
  String(max(duration.components.seconds, 1))
}
