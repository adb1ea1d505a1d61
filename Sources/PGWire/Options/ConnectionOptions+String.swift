extension ConnectionOptions {
  /// Options read from a connection string, with the environment for what it does not say.
  ///
  /// As in libpq: in a `key=value` string an empty value (`password=''`) is said, so that the
  /// environment does not fill it, and then means the default; empty parts of a URI are not said.
  /// Unlike libpq: a host and a user must come from one of the two, text other than the password
  /// must be UTF-8, numbers are checked even where nothing uses them, `client_encoding` is UTF8,
  /// and what we do not support is refused by name.
  ///
  /// - Parameters:
  ///   - text: `postgresql://user@host:port/dbname?key=value…`, or `key=value` pairs.
  ///   - environment: The process's environment, or nothing to read none of it.
  ///   - fallbackApplicationName: What to call this application if nothing else names it.
  /// - Throws: ``ConnectionOptionsError``, which repeats nothing that may be secret.
  public init(
    _ text: String = "",
    environment: [String: String] = [:],
    fallbackApplicationName: String? = nil
  ) throws(ConnectionOptionsError) {
    var settings = try ConnectionSettings(text)
    settings.fill(from: environment)
    try settings.refuseUnsupported()
    try settings.checkClientEncoding()

    do throws(ConnectionOptionsError) {
      let hostAddress = try settings.single(.hostaddr)
      let host = try settings.single(.host) ?? hostAddress
      try self.init(
        host: host ?? "",
        port: settings.port(),
        user: settings.text(.user) ?? "",
        password: settings.take(.password).map { Password(bytes: $0) },
        database: settings.text(.dbname),
        hostAddress: hostAddress,
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
  }
}

extension ConnectionSettings {
  fileprivate func port() throws(ConnectionOptionsError) -> UInt16 {
    guard try single(.port) != nil else { return ConnectionOptions.defaultPort }
    let expected = ConnectionOptions.portRange
    guard let number = try number(.port, expected: expected), let port = UInt16(exactly: number),
      port > 0
    else { throw invalid(.port, expected: expected) }
    return port
  }

  /// What libpq sends: an `application_name`, even an empty one, beats the fallback.
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
