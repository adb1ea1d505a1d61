/// A session's life as a pure value: it is told what the server sends and answers what to do.
///
///     start ─▶ asking for TLS ─▶ handshake ─▶ authenticating ─▶ starting ─▶ idle ⇄ querying
///                                                                           └──▶ copyBoth, copyOut
///
/// No socket, no clock, no randomness: SCRAM's nonce is handed in.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-flow.html>
package struct SessionMachine: Sendable {
  package enum Action: Equatable, Sendable {
    /// Nothing to do until the next message.
    case wait
    case send(FrontendMessage)
    /// The TLS handshake is to be done now; ``SessionMachine/tlsStarted(_:)`` goes on after it.
    case startTLS
    /// The server knows who we are.
    case authenticated
    /// Startup is complete.
    case ready
    case queryFinished([QueryResult])
    /// The query failed; the session goes on.
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
    case authenticating(AuthenticationMachine)
    case starting
    case idle
    case querying(QueryProgress)
    case copyBoth
    case copyOut
    case closed
  }

  struct QueryProgress: Sendable {
    var results: [QueryResult] = []
    var current = QueryResult()
    var failure: ServerError?
    var refused: String?
    /// Whether the data of COPY TO STDOUT is wanted.
    var takesCopy = false
  }

  var state = State.initial
  private let startup: [StartupParameter]
  /// Forgotten once they have been used.
  private var credentials: Credentials?
  private let encryption: Encryption
  /// What goes in place of the StartupMessage.
  private var opening: FrontendMessage?

  /// Whether the server has been given anything that shows the password, or that it is known.
  package private(set) var hasShownCredentials = false

  /// What the server has reported of itself: `server_version`, `TimeZone` and so on.
  package private(set) var parameters: [String: String] = [:]
  /// The server's process, for cancel requests and to be told from others.
  package private(set) var processID: Int32 = 0
  /// What a cancel request has to know.
  package private(set) var cancelKey = SecretBytes([])

  /// The protocol versions that will do, of which the newest is asked for.
  package var versions = ProtocolVersion.v30...ProtocolVersion.v30
  /// The version that is spoken.
  package private(set) var version: ProtocolVersion?
  /// Whether the server has come to the question of who we are.
  package private(set) var hasHeardOfAuthentication = false

  package init(
    startup: [StartupParameter], credentials: Credentials, encryption: Encryption = .none
  ) {
    self.startup = startup
    self.credentials = credentials
    self.encryption = encryption
  }

  /// A connection that is there for one message alone, and says nothing more.
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

  private mutating func sendStartup(_ tls: TLSBinding) -> Action {
    guard let credentials = credentials.take() else { return close(on: unexpected) }
    state = .authenticating(AuthenticationMachine(credentials: credentials, tls: tls))
    return .send(opening ?? .startup(version: versions.upperBound.code, parameters: startup))
  }

  /// Sends a query.
  ///
  /// Only when idle; another query or COPY goes on unharmed, and this one is refused.
  ///
  /// - Parameter takesCopy: Whether it is a COPY TO STDOUT whose data is wanted.
  package mutating func query(_ sql: String, takesCopy: Bool = false) -> Action {
    switch state {
    case .idle:
      state = .querying(QueryProgress(takesCopy: takesCopy))
      return .send(.query(sql))
    case .querying, .copyBoth, .copyOut: return .queryFailed(.busy)
    case .initial, .awaitingTLSAnswer, .handshaking, .authenticating, .starting, .closed:
      return .fail(.closed)
    }
  }

  /// CopyBoth has ended in good order and the session is idle again.
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
    switch message {
    case .notice(let notice): return .notice(notice)
    case .notification: return .wait
    case .parameterStatus(let name, let value):
      parameters[name] = value
      return .wait
    default: break
    }
    switch state {
    case .authenticating(var machine):
      if case .negotiateProtocolVersion(let version, let unknown) = message {
        return close(on: negotiate(version, unknown))
      }
      if case .authentication = message { hasHeardOfAuthentication = true }
      let action = machine.receive(message)
      if machine.hasAnswered { hasShownCredentials = true }
      state = action == .authenticated ? .starting : .authenticating(machine)
      return close(on: action)
    case .starting: return close(on: receiveWhileStarting(message))
    case .querying(var progress):
      let action = receive(message, &progress)
      if case .querying = state { state = .querying(progress) }
      return close(on: action)
    case .idle:
      // Between queries a server speaks up only to end the session.
      if case .error(let error) = message { return close(on: .fail(.server(error))) }
      return close(on: unexpected)
    case .initial, .awaitingTLSAnswer, .handshaking, .copyBoth, .copyOut, .closed:
      return close(on: unexpected)
    }
  }

  /// The connection has ended: what to tell whoever waits.
  ///
  /// - Returns: The server's reason if it gave one, or else the cause.
  package mutating func connectionEnded(
    by cause: TransportError = .closedByServer
  ) -> PGWireError {
    defer { state = .closed }
    if case .querying(let progress) = state, let failure = progress.failure {
      return .server(failure)
    }
    return .transport(cause)
  }

  /// The server speaks less than was asked for, which it may say once and before all else.
  ///
  /// We ask for no options, so that none of them can be unknown.
  private mutating func negotiate(_ code: Int32, _ unknown: [String]) -> Action {
    guard version == nil, !hasHeardOfAuthentication else { return unexpected }
    let known = ProtocolVersion.allCases.first { $0.code == code }
    guard let known, known < versions.upperBound, unknown.isEmpty else {
      return .fail(.wire(.invalidValue(field: "protocol version to agree on", value: Int64(code))))
    }
    guard versions.contains(known) else {
      return .fail(.protocolTooOld(server: known, minimum: versions.lowerBound))
    }
    version = known
    return .wait
  }

  private mutating func receiveWhileStarting(_ message: BackendMessage) -> Action {
    switch message {
    case .backendKeyData(let processID, let key):
      let length = version ?? versions.upperBound == .v30 ? 4...4 : 4...256
      guard length.contains(key.count) else {
        return .fail(
          .wire(.invalidValue(field: "secret key length", value: Int64(key.count))))
      }
      self.processID = processID
      cancelKey = SecretBytes(key)
      return .wait
    case .readyForQuery:
      state = .idle
      return .ready
    case .error(let error): return .fail(.server(error))
    default: return unexpected
    }
  }

  private mutating func receive(
    _ message: BackendMessage, _ progress: inout QueryProgress
  ) -> Action {
    switch message {
    case .rowDescription(let columns): progress.current.columns = columns
    case .dataRow(let row): progress.current.rows.append(row)
    case .commandComplete(let tag):
      progress.current.commandTag = tag
      progress.results.append(progress.current)
      progress.current = QueryResult()
    case .emptyQueryResponse: progress.results.append(QueryResult())
    case .error(let error): progress.failure = error
    case .copyInResponse:
      progress.refused = "COPY FROM STDIN"
      return .send(.copyFail(reason: "not supported by this client"))
    case .copyOutResponse(let format):
      if progress.takesCopy {
        state = .copyOut
        return .copyOutOpened(format)
      }
      progress.refused = "COPY TO STDOUT"
    case .copyData, .copyDone: break
    case .copyBothResponse:
      state = .copyBoth
      return .copyBothOpened
    case .readyForQuery:
      state = .idle
      if let refused = progress.refused { return .queryFailed(.unsupported(refused)) }
      if let failure = progress.failure { return .queryFailed(.server(failure)) }
      return .queryFinished(progress.results)
    default: return unexpected
    }
    return .wait
  }

  private var unexpected: Action { .fail(.unexpectedMessage) }

  private mutating func close(on action: Action) -> Action {
    if case .fail = action { state = .closed }
    return action
  }
}

// MARK: - TLS

extension SessionMachine {
  /// Whether a session is encrypted, and how that begins.
  package enum Encryption: Hashable, Sendable {
    case none
    /// The server is asked, and no is an answer.
    case ifOffered
    /// The server is asked, and no is the end.
    case required
    /// Without a question.
    case direct
  }

  /// Whether the next byte, and that byte alone, is the answer to SSLRequest.
  ///
  /// Nothing behind it may be read before the handshake: it would be taken for a word of the
  /// encrypted session, whoever had put it there.
  package var awaitsTLSAnswer: Bool {
    if case .awaitingTLSAnswer = state { true } else { false }
  }

  private var isHandshaking: Bool {
    if case .handshaking = state { true } else { false }
  }

  /// Takes the answer to SSLRequest.
  package mutating func receive(tlsAnswer: UInt8) -> Action {
    guard awaitsTLSAnswer else { return close(on: unexpected) }
    switch (tlsAnswer, encryption) {
    case (UInt8(ascii: "S"), _):
      state = .handshaking
      return .startTLS
    case (UInt8(ascii: "N"), .ifOffered): return sendStartup(.none)
    case (UInt8(ascii: "N"), _): return close(on: .fail(.transport(.tls(.notOffered))))
    case (UInt8(ascii: "E"), _): return close(on: .fail(.transport(.tls(.refused))))
    default: return close(on: .fail(.transport(.tls(.unexpectedAnswer(tlsAnswer)))))
    }
  }

  /// The handshake is done, and the server's certificate checked.
  package mutating func tlsStarted(_ hash: CertificateHash) -> Action {
    guard isHandshaking else { return close(on: unexpected) }
    return sendStartup(.encrypted(hash))
  }
}
