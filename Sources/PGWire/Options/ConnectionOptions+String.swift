extension ConnectionOptions {
  /// Options read from a connection string, with the environment for what it does not say.
  ///
  /// As in libpq the string comes first, then the service that it or the environment names, then
  /// the environment, then the defaults; a password that none of them has is looked for in the
  /// password file. In a `key=value` string an empty value (`password=''`) counts as given: the
  /// environment does not replace it, and it means the default. Empty parts of a URI count as not
  /// given.
  /// Unlike libpq: a host and a user must come from one of them, text other than the password
  /// must be UTF-8, numbers are checked even where nothing uses them, `client_encoding` is UTF8,
  /// and what we do not support is refused by name.
  ///
  /// - Parameters:
  ///   - text: `postgresql://user@host:port/dbname?key=value…`, or `key=value` pairs.
  ///   - environment: The process's environment, or nothing to read none of it. `HOME` in it is
  ///     where `.pgpass` and `.pg_service.conf` are looked for.
  ///   - fallbackApplicationName: What to call this application if nothing else names it.
  /// - Throws: ``ConnectionOptionsError``, which repeats nothing that may be secret. A password
  ///   file that can't be used is not an error; see ``ignoredPasswordFile``.
  public init(
    _ text: String = "",
    environment: [String: String] = [:],
    fallbackApplicationName: String? = nil
  ) throws(ConnectionOptionsError) {
    try self.init(
      text, environment: environment, files: .system,
      fallbackApplicationName: fallbackApplicationName)
  }

  /// The same, with the password file and the service file read through `files`.
  ///
  /// - Parameter values: What replaces parts of the string.
  package init(
    _ text: String = "",
    replacing values: [ConnectionValue] = [],
    environment: [String: String] = [:],
    files: ConnectionFiles,
    fallbackApplicationName: String? = nil
  ) throws(ConnectionOptionsError) {
    var settings = try ConnectionSettings(text)
    try settings.replace(values)
    try settings.fillFromService(environment: environment, files)
    settings.fill(from: environment)
    try settings.refuseUnsupported()
    try settings.checkClientEncoding()

    do throws(ConnectionOptionsError) {
      let bounds = try settings.protocolVersions()
      try self.init(
        hosts: settings.hosts(),
        user: settings.text(.user) ?? "",
        password: settings.take(.password).map { Password(bytes: $0) },
        database: settings.text(.dbname),
        targetSession: settings.choice(.targetSessionAttrs) ?? .any,
        hostOrder: settings.choice(.loadBalanceHosts) ?? .asGiven,
        minimumProtocol: bounds.minimum ?? .v30,
        maximumProtocol: bounds.maximum,
        tls: settings.tlsOptions(),
        authentication: settings.authenticationOptions(),
        applicationName: settings.applicationName() ?? fallbackApplicationName,
        serverOptions: settings.text(.options),
        connectTimeout: settings.number(.connectTimeout).map { .seconds($0) },
        keepalive: settings.keepalive(),
        tcpUserTimeout: settings.number(.tcpUserTimeout).map { .milliseconds($0) })
    } catch .invalidValue(let name, let expected) {
      // The initializer above knows keys only; the value may have come from a variable.
      guard let key = ConnectionKey.named[name] else {
        throw .invalidValue(name, expected: expected)
      }
      throw settings.invalid(key, expected: expected)
    }
    let own = environment["HOME"].nonEmpty.map { "\($0)/.pgpass" }
    if let path = try settings.text(.passfile) ?? own { readPasswords(from: path, files) }
  }
}

extension ConnectionSettings {
  fileprivate func protocolVersions() throws(ConnectionOptionsError) -> (
    minimum: WireProtocolVersion?, maximum: WireProtocolVersion?
  ) {
    (try protocolVersion(.minProtocolVersion), try protocolVersion(.maxProtocolVersion))
  }

  private func protocolVersion(
    _ key: ConnectionKey
  ) throws(ConnectionOptionsError) -> WireProtocolVersion? {
    guard isNamed(key) else { return nil }
    let name = try text(key) ?? ""
    guard let version = name == "latest" ? .latest : WireProtocolVersion(rawValue: name) else {
      throw invalid(key, expected: Self.names(of: WireProtocolVersion.self) + ", latest")
    }
    return version
  }

  /// What libpq sends: an `application_name`, even an empty one, overrides the fallback.
  fileprivate func applicationName() throws(ConnectionOptionsError) -> String? {
    if isNamed(.applicationName) { return try text(.applicationName) ?? "" }
    return try text(.fallbackApplicationName)
  }

  fileprivate func keepalive() throws(ConnectionOptionsError) -> TCPKeepalive {
    TCPKeepalive(
      isEnabled: try number(.keepalives) != 0,
      idle: try number(.keepalivesIdle).map { .seconds($0) },
      interval: try number(.keepalivesInterval).map { .seconds($0) },
      count: try number(.keepalivesCount))
  }

  /// Every text that we send and read is UTF-8, whatever the locale (`auto`) or a string says.
  ///
  /// The server ignores case and punctuation in the name, and knows UTF8 as Unicode too.
  fileprivate func checkClientEncoding() throws(ConnectionOptionsError) {
    guard let name = try text(.clientEncoding), name != "auto" else { return }
    let bare = name.utf8.filter { byte in
      byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
        || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
    guard ["utf8", "unicode"].contains(String(decoding: bare.map { $0 | 0x20 }, as: UTF8.self))
    else { throw invalid(.clientEncoding, expected: "UTF8 or auto") }
  }
}
