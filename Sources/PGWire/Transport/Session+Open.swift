extension Session {
  /// Connects and goes through startup until the server is ready for a query.
  package static func open(
    _ options: ConnectionOptions, startup: [StartupParameter], limits: FrameLimits,
    interrupt: Interrupt, onNotice: (@Sendable (ServerError) -> Void)?
  ) throws(PGWireError) -> Session {
    var plan = EncryptionPlan(options.tls, isLocal: options.endpoint.isLocal)
    var firstError: PGWireError?
    while true {
      let attempt = plan.encryption
      do throws(PGWireError) {
        let machine = SessionMachine(
          startup: startup,
          credentials: Credentials(
            user: options.user, password: options.password, authentication: options.authentication,
            nonce: try randomNonce()),
          encryption: attempt)
        var session = Session(
          transport: try connect(options, interrupt), machine: machine, limits: limits,
          interrupt: interrupt, tls: TLSTarget(options.tls, host: options.host),
          onNotice: onNotice)
        try session.checkPeer(options)
        try session.start(options, &plan)
        return session
      } catch {
        let error = EncryptionPlan.clearer(firstError, error)
        guard plan.encryption != attempt else { throw error }
        firstError = error
      }
    }
  }

  /// Goes through startup; on failure the plan has the way to try next.
  private mutating func start(
    _ options: ConnectionOptions, _ plan: inout EncryptionPlan
  ) throws(PGWireError) {
    let deadline = options.connectTimeout.map { MonotonicTime.now() + $0 }
    do {
      try start(until: deadline)
    } catch .transport(.timedOut) {
      throw .transport(.connectTimedOut(to: options.endpoint.description))
    } catch {
      plan.failed(with: error, credentialsShown: machine.hasShownCredentials)
      throw error
    }
  }

  /// Makes sure that `requirepeer` holds before a byte is sent.
  private mutating func checkPeer(_ options: ConnectionOptions) throws(PGWireError) {
    guard options.endpoint.isLocal, let expected = options.authentication.requiredPeer else {
      return
    }
    let found = try attempt { (session) throws(TransportError) in
      try session.transport.peerUser()
    }
    guard found == expected else {
      throw .authentication(.wrongPeer(expected: expected, found: found))
    }
  }

  private static func connect(
    _ options: ConnectionOptions, _ interrupt: Interrupt
  ) throws(PGWireError) -> Transport {
    do {
      return try Transport.connect(options, interrupt: interrupt)
    } catch {
      throw .transport(error)
    }
  }

  private static func randomNonce() throws(PGWireError) -> String {
    do {
      return try SCRAMExchange.randomNonce()
    } catch {
      throw .authentication(error)
    }
  }
}
