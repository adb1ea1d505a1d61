/// A session's life as a pure value: it takes what the server sends and returns what to do.
///
///     start ─▶ asking for TLS ─▶ handshake ─▶ authenticating ─▶ starting ─▶ idle ⇄ querying
///                                                                           └──▶ copyBoth, copyOut
///
/// No socket, no clock, no randomness: SCRAM's nonce is passed in.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-flow.html>
package struct SessionMachine: Sendable {
  package enum Action: Equatable, Sendable {
    /// Nothing to do until the next message.
    case wait
    /// The password is being hashed: call ``SessionMachine/hashOn()`` until it returns something
    /// else.
    case hash
    case send(FrontendMessage)
    /// The TLS handshake is to be done now; ``SessionMachine/tlsStarted(_:)`` follows it.
    case startTLS
    /// The server knows who we are.
    case authenticated
    /// Startup is complete.
    case ready
    case queryFinished([QueryResult])
    /// The query failed; the session continues.
    case queryFailed(PGWireError)
    /// CopyBoth is open; from here on a ``CopyBothMachine`` takes the messages.
    case copyBothOpened
    /// A COPY's data follows; from here on a ``CopyOutMachine`` takes the messages.
    case copyOutOpened(CopyFormat)
    case notice(ServerError)
    /// The session is over.
    case fail(PGWireError)
  }

  enum State: Sendable {
    case initial
    case awaitingTLSAnswer
    case handshaking
    case authenticating
    case starting
    case idle
    case querying
    case copyBoth
    case copyOut
    case closed
  }

  var state = State.initial
  private let startup: [StartupParameter]
  /// Dropped after use.
  private var credentials: Credentials?
  let encryption: Encryption
  /// Sent in place of the StartupMessage.
  private var opening: FrontendMessage?

  // What grows lies beside the state and not in it: taken out of an enumeration that still holds
  // it, an array is copied for each row that is appended.
  private var authentication: AuthenticationMachine?
  private var query: QueryProgress
  private var reported = ReportedParameters()
  private var startupNotices = StartupNotices()
  private let limits: ConnectionLimits

  /// Whether the server was sent the password, or a proof that it is known.
  package private(set) var hasShownCredentials = false

  /// What the server has reported about itself: `server_version`, `TimeZone` and so on.
  package var parameters: [String: String] { reported.values }
  /// The server's process, for cancel requests and to distinguish sessions.
  package internal(set) var processID: Int32 = 0
  /// What a cancel request needs.
  package internal(set) var cancelKey = SecretBytes([])

  /// The acceptable protocol versions, of which the newest is asked for.
  package var versions = WireProtocolVersion.v30...WireProtocolVersion.v30
  /// The version in use.
  package internal(set) var version: WireProtocolVersion?
  /// Whether the server has reached authentication.
  package private(set) var hasHeardOfAuthentication = false

  package init(
    startup: [StartupParameter], credentials: Credentials, encryption: Encryption = .none,
    limits: ConnectionLimits = ConnectionLimits()
  ) {
    self.limits = limits
    self.query = QueryProgress(sizeLimit: limits.resultSize)
    self.startup = startup
    self.credentials = credentials
    self.encryption = encryption
  }

  /// A connection that sends only one message.
  package init(opening: FrontendMessage, encryption: Encryption) {
    self.init(
      startup: [], credentials: Credentials(user: "", password: nil, nonce: ""),
      encryption: encryption)
    self.opening = opening
  }

  /// The first thing to do.
  package mutating func start() -> Action {
    switch encryption {
    case .none: return sendStartup(.none)
    case .ifOffered, .required:
      state = .awaitingTLSAnswer
      return .send(.sslRequest)
    case .direct:
      state = .handshaking
      return .startTLS
    }
  }

  mutating func sendStartup(_ tls: TLSBinding) -> Action {
    guard let credentials = credentials.take() else { return close(on: unexpected) }
    authentication = AuthenticationMachine(
      credentials: credentials, tls: tls, iterationLimit: limits.scramIterations)
    state = .authenticating
    return .send(opening ?? .startup(version: versions.upperBound.code, parameters: startup))
  }

  /// Sends a query.
  ///
  /// Only when idle; otherwise this query is refused, and the running query or COPY continues.
  ///
  /// - Parameter takesCopy: Whether it is a COPY TO STDOUT whose data is wanted.
  package mutating func query(_ sql: String, takesCopy: Bool = false) -> Action {
    switch state {
    case .idle:
      query = QueryProgress(
        CommandInFlight(of: sql), takesCopy: takesCopy, sizeLimit: limits.resultSize)
      state = .querying
      return .send(.query(sql))
    case .querying, .copyBoth, .copyOut: return .queryFailed(.busy)
    case .initial, .awaitingTLSAnswer, .handshaking, .authenticating, .starting, .closed:
      return .fail(.closed)
    }
  }

  /// CopyBoth has ended cleanly and the session is idle again.
  package mutating func copyBothFinished() {
    if case .copyBoth = state { state = .idle }
  }

  /// COPY TO STDOUT has ended, and the session is idle again.
  package mutating func copyOutFinished() {
    if case .copyOut = state { state = .idle }
  }

  /// Takes one message of the server.
  package mutating func receive(_ message: BackendMessage) -> Action {
    if awaitsTLSAnswer || isHandshaking { return close(on: unexpected) }
    do throws(PGWireError) {
      if let action = try receiveAside(message) { return action }
      return close(on: try receiveInTurn(message))
    } catch {
      return close(on: .fail(error))
    }
  }

  /// Takes what a server may say at any moment; `nil` for everything else.
  private mutating func receiveAside(_ message: BackendMessage) throws(PGWireError) -> Action? {
    switch message {
    case .notice(let notice):
      if !isReady { try startupNotices.count(notice.size, limits) }
      return .notice(notice)
    case .notification(let notification):
      if !isReady {
        try startupNotices.count(
          notification.channel.utf8.count + notification.payload.utf8.count, limits)
      }
      return .wait
    case .parameterStatus(let name, let value):
      try reported.set(name, to: value, limits)
      return .wait
    default: return nil
    }
  }

  private mutating func receiveInTurn(_ message: BackendMessage) throws(PGWireError) -> Action {
    switch state {
    case .authenticating:
      if case .negotiateProtocolVersion(let version, let unknown) = message {
        return negotiate(version, unknown)
      }
      if case .authentication = message { hasHeardOfAuthentication = true }
      return continueAuthenticating { $0.receive(message) }
    case .starting: return receiveWhileStarting(message)
    case .querying: return try receiveWhileQuerying(message)
    case .idle:
      // Between queries a server sends a message of its own only to end the session.
      if case .error(let error) = message { return .fail(.server(error)) }
      return unexpected
    case .initial, .awaitingTLSAnswer, .handshaking, .copyBoth, .copyOut, .closed:
      return unexpected
    }
  }

  /// Continues hashing the password, for a few milliseconds at most.
  ///
  /// Only after ``Action/hash``; in between, the caller checks its deadline.
  package mutating func hashOn() -> Action {
    guard case .authenticating = state else { return close(on: unexpected) }
    return close(on: continueAuthenticating { $0.hashOn() })
  }

  private mutating func continueAuthenticating(
    _ step: (inout AuthenticationMachine) -> AuthenticationMachine.Action
  ) -> Action {
    guard var machine = authentication.take() else { return unexpected }
    let action = step(&machine)
    if machine.hasAnswered { hasShownCredentials = true }
    switch action {
    case .authenticated:
      state = .starting
      return .authenticated
    case .fail(.server(let error)): return refusal(error)
    case .fail(let error): return .fail(error)
    case .wait:
      authentication = machine
      return .wait
    case .hash:
      authentication = machine
      return .hash
    case .send(let message):
      authentication = machine
      return .send(message)
    }
  }

  /// The connection has ended: the error for the caller who waits.
  ///
  /// - Returns: The server's reason if it gave one, or else the cause.
  package mutating func connectionEnded(
    by cause: TransportError = .closedByServer
  ) -> PGWireError {
    defer { state = .closed }
    if case .querying = state, let failure = query.failure { return .server(failure) }
    return .transport(cause)
  }

  /// Whether startup is over.
  private var isReady: Bool {
    switch state {
    case .initial, .awaitingTLSAnswer, .handshaking, .authenticating, .starting: false
    case .idle, .querying, .copyBoth, .copyOut, .closed: true
    }
  }

  private mutating func receiveWhileQuerying(
    _ message: BackendMessage
  ) throws(PGWireError) -> Action {
    switch message {
    case .rowDescription(let columns): try query.describe(columns)
    case .dataRow(let row): try query.append(row)
    case .commandComplete(let tag): try query.complete(tag)
    case .emptyQueryResponse: try query.completeEmpty()
    case .error(let error): query.fail(error)
    case .copyInResponse:
      query.refused = "COPY FROM STDIN"
      return .send(.copyFail(reason: "not supported by this client"))
    case .copyOutResponse(let format):
      if query.takesCopy {
        state = .copyOut
        return .copyOutOpened(format)
      }
      query.refused = "COPY TO STDOUT"
    case .copyData, .copyDone: break
    case .copyBothResponse:
      state = .copyBoth
      return .copyBothOpened
    case .readyForQuery:
      state = .idle
      let done = query
      query = QueryProgress(sizeLimit: limits.resultSize)
      if let refused = done.refused { return .queryFailed(.unsupported(refused)) }
      if let failure = done.failure { return .queryFailed(.server(failure)) }
      return .queryFinished(done.results)
    default: return unexpected
    }
    return .wait
  }

  var unexpected: Action { .fail(.unexpectedMessage) }

  /// The server's refusal to begin the session.
  func refusal(_ error: ServerError) -> Action {
    .fail(.server(error.during(CommandInFlight(startup: startup))))
  }

  mutating func close(on action: Action) -> Action {
    if case .fail = action { state = .closed }
    return action
  }
}
