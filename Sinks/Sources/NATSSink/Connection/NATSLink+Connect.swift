internal import CSinkNATS
internal import ChangeSinks
internal import PGWire

extension NATSLink {
  /// Connects to one of the servers.
  ///
  /// - Throws: What no other attempt can mend is fatal: a file of certificates that can't be read.
  static func open(_ options: NATSOptions) throws(SinkError) -> NATSLink {
    let engine = options.engineName
    guard !options.servers.isEmpty else {
      throw SinkError(engine: "NATS", .fatal, "the options name no server")
    }
    var made: OpaquePointer?
    try check(unsafe natsOptions_Create(&made), options, "connecting")
    guard let settings = unsafe made else {
      throw SinkError(engine: engine, .transient, "no memory for a connection")
    }
    defer { unsafe natsOptions_Destroy(settings) }
    try unsafe set(options, in: settings)
    try unsafe authenticate(options, in: settings)
    try unsafe encrypt(options, in: settings)
    var connected: OpaquePointer?
    try check(unsafe natsConnection_Connect(&connected, settings), options, "connecting")
    guard let connection = unsafe connected else {
      throw SinkError(engine: engine, .transient, "connecting failed")
    }
    return try unsafe open(options, over: connection)
  }

  /// - Parameter connection: It is owned by the link, or closed if an error is thrown.
  private static func open(
    _ options: NATSOptions, over connection: OpaquePointer
  ) throws(SinkError) -> NATSLink {
    let inbox = "\(options.inboxPrefix).\(UInt64.random(in: .min ... .max))"
    var madeContext: OpaquePointer?
    var madeAnswers: OpaquePointer?
    var status = unsafe sink_nats_jetstream(
      &madeContext, connection, options.domain, options.timeout.milliseconds)
    if status == NATS_OK {
      status = unsafe natsConnection_SubscribeSync(&madeAnswers, connection, "\(inbox).*")
    }
    guard status == NATS_OK, let context = unsafe madeContext, let answers = unsafe madeAnswers
    else {
      unsafe jsCtx_Destroy(madeContext)
      unsafe natsConnection_Destroy(connection)
      throw SinkError(
        status, of: options.engineName, while: "opening an inbox", timeout: options.timeout)
    }
    return unsafe NATSLink(
      options, inbox: inbox, connection: connection, context: context, answers: answers)
  }

  private static func set(
    _ options: NATSOptions, in settings: OpaquePointer
  ) throws(SinkError) {
    let milliseconds = options.timeout.milliseconds
    let status = unsafe withServers(options.servers.map(\.url)) { servers, count in
      unsafe natsOptions_SetServers(settings, servers, count)
    }
    try check(status, options, "setting the servers")
    let what = "setting the options"
    try check(unsafe natsOptions_SetTimeout(settings, milliseconds), options, what)
    try check(unsafe natsOptions_SetWriteDeadline(settings, milliseconds), options, what)
    try check(unsafe natsOptions_SetName(settings, options.connectionName), options, what)
    try check(unsafe natsOptions_SetCustomInboxPrefix(settings, options.inboxPrefix), options, what)
    // What is lost with a connection would go unnoticed.
    try check(unsafe natsOptions_SetAllowReconnect(settings, false), options, what)
    try check(unsafe natsOptions_SetPingInterval(settings, 20_000), options, what)
    try check(unsafe sink_nats_set_quiet(settings), options, what)
  }

  private static func authenticate(
    _ options: NATSOptions, in settings: OpaquePointer
  ) throws(SinkError) {
    let status: natsStatus
    switch options.authentication {
    case .none: return
    case .user(let name, let secret):
      let password = try secret.read(for: options.engineName)
      status = unsafe natsOptions_SetUserInfo(settings, name, password)
    case .token(let secret):
      let token = try secret.read(for: options.engineName)
      status = unsafe natsOptions_SetToken(settings, token)
    case .credentialsFile(let path):
      guard NATSSecret.content(of: path) != nil else {
        throw SinkError(
          engine: options.engineName, .needsOperator, "the credentials file \(path) can't be read")
      }
      status = unsafe natsOptions_SetUserCredentialsFromFiles(settings, path, nil)
    }
    try check(status, options, "setting the user")
  }

  private static func encrypt(
    _ options: NATSOptions, in settings: OpaquePointer
  ) throws(SinkError) {
    let tls = options.tls
    if tls.isRequired {
      try check(unsafe natsOptions_SetSecure(settings, true), options, "demanding TLS")
    }
    if let file = tls.certificateAuthorities {
      try check(
        unsafe natsOptions_LoadCATrustedCertificates(settings, file), options,
        "reading the certificates in \(file)")
    }
    if let certificate = tls.certificate {
      try check(
        unsafe natsOptions_LoadCertificatesChain(settings, certificate.file, certificate.keyFile),
        options, "reading the certificate in \(certificate.file)")
    }
    if let name = tls.serverName {
      try check(
        unsafe natsOptions_SetExpectedHostname(settings, name), options, "setting the server's name"
      )
    }
  }

  private static func check(
    _ status: natsStatus, _ options: NATSOptions, _ what: String
  ) throws(SinkError) {
    guard status != NATS_OK else { return }
    throw SinkError(status, of: options.engineName, while: what, timeout: options.timeout)
  }

  /// Passes texts as an array of C strings.
  private static func withServers(
    _ urls: [String], _ body: (UnsafeMutablePointer<UnsafePointer<CChar>?>?, Int32) -> natsStatus
  ) -> natsStatus {
    var bytes: [CChar] = []
    var offsets: [Int] = []
    for url in urls {
      offsets.append(bytes.count)
      bytes += url.utf8CString
    }
    return unsafe bytes.withUnsafeBufferPointer { bytes in
      var pointers = unsafe offsets.map { unsafe bytes.baseAddress?.advanced(by: $0) }
      return unsafe pointers.withUnsafeMutableBufferPointer { pointers in
        unsafe body(pointers.baseAddress, Int32(urls.count))
      }
    }
  }
}
