public import PGWire

extension ScriptStep {
  /// The next message is this one.
  public static func expect(_ expected: ClientMessage) -> ScriptStep {
    expect("\(expected)") { $0 == expected }
  }

  /// The next message is one that `matches`.
  public static func expect(
    _ name: String, where matches: @escaping @Sendable (ClientMessage) -> Bool
  ) -> ScriptStep {
    ScriptStep("expect \(name)") { peer in
      let message = try peer.next()
      guard matches(message) else { throw ScriptFailure(.unexpected(message)) }
    }
  }

  /// A StartupMessage of protocol 3.0 comes, with at least these settings.
  public static func expectStartup(_ parameters: [String: String] = [:]) -> ScriptStep {
    expect("StartupMessage \(parameters.sorted { $0.key < $1.key }.map { "\($0)=\($1)" })") {
      guard case .startup(let packet) = $0, packet.version == 3 << 16 else { return false }
      return parameters.allSatisfy { packet[$0.key] == $0.value }
    }
  }

  /// A PasswordMessage with this text comes.
  public static func expectPassword(_ text: String) -> ScriptStep {
    expect("PasswordMessage") {
      guard case .password(let message) = $0 else { return false }
      return message.password == text
    }
  }

  /// A Query comes, and is answered.
  ///
  /// - Parameters:
  ///   - pattern: What the query must be; see ``QueryPattern``.
  ///   - answers: The messages to send, ReadyForQuery included.
  public static func expectQuery(_ pattern: QueryPattern, answers: [UInt8]...) -> ScriptStep {
    let answer = answers.flatMap(\.self)
    return ScriptStep("expect Query \(pattern)") { peer in
      let message = try peer.next()
      guard case .query(let sql) = message, pattern.matches(sql) else {
        throw ScriptFailure(.unexpected(message))
      }
      try peer.send(answer)
    }
  }

  /// A Query comes that opens CopyBoth, and CopyBothResponse is the answer.
  public static func openCopyBoth(
    _ pattern: QueryPattern = .prefix("START_REPLICATION")
  ) -> ScriptStep {
    expectQuery(pattern, answers: BackendEncoder.copyBothResponse())
  }

  /// The next message is a StandbyStatusUpdate with these values; what is `nil` may be anything.
  public static func expectStatusUpdate(
    write: LSN? = nil, flush: LSN? = nil, apply: LSN? = nil, replyRequested: Bool? = nil
  ) -> ScriptStep {
    let wanted = StatusPattern(
      write: write, flush: flush, apply: apply, replyRequested: replyRequested)
    return expect("\(wanted)") { wanted.matches($0) }
  }

  /// A StandbyStatusUpdate with these values comes, possibly after others.
  public static func awaitStatusUpdate(
    write: LSN? = nil, flush: LSN? = nil, apply: LSN? = nil, replyRequested: Bool? = nil
  ) -> ScriptStep {
    let wanted = StatusPattern(
      write: write, flush: flush, apply: apply, replyRequested: replyRequested)
    return ScriptStep("await \(wanted)") { peer in
      while true {
        let message = try peer.next()
        if wanted.matches(message) { return }
        guard case .statusUpdate = message else { throw ScriptFailure(.unexpected(message)) }
      }
    }
  }

  /// CopyDone comes, possibly after StandbyStatusUpdates.
  public static func expectCopyDone() -> ScriptStep {
    ScriptStep("expect CopyDone") { peer in try peer.expect(.copyDone) }
  }

  /// Terminate comes, possibly after StandbyStatusUpdates.
  public static func expectTerminate() -> ScriptStep {
    ScriptStep("expect Terminate") { peer in try peer.expect(.terminate) }
  }

  /// The client closes the connection, and sends nothing before that.
  public static func expectEnd() -> ScriptStep {
    ScriptStep("expect the end") { peer in
      if let message = try peer.nextOrEnd() { throw ScriptFailure(.unexpected(message)) }
    }
  }

  /// The client closes the connection; what it sends before that does not matter.
  public static func awaitEnd() -> ScriptStep {
    ScriptStep("await the end") { peer in
      while try peer.nextOrEnd() != nil {}
    }
  }
}

extension ScriptedPeer {
  fileprivate mutating func expect(_ wanted: ClientMessage) throws(ScriptFailure) {
    while true {
      let message = try next()
      if message == wanted { return }
      guard case .statusUpdate = message else { throw ScriptFailure(.unexpected(message)) }
    }
  }
}

/// What a query must be for a script to continue; a string literal means exactly that text.
@nonexhaustive public enum QueryPattern: Hashable, Sendable, ExpressibleByStringLiteral {
  /// This text and nothing else.
  case exactly(String)
  /// Text that begins like this.
  case prefix(String)
  /// Text that contains this.
  case containing(String)
  /// Any.
  case any

  public init(stringLiteral text: String) {
    self = .exactly(text)
  }

  /// Whether a query matches.
  public func matches(_ sql: String) -> Bool {
    switch self {
    case .exactly(let text): sql == text
    case .prefix(let text): sql.utf8.starts(with: text.utf8)
    case .containing(let text): sql.contains(text)
    case .any: true
    }
  }
}

private struct StatusPattern: Sendable, CustomStringConvertible {
  var write: LSN?
  var flush: LSN?
  var apply: LSN?
  var replyRequested: Bool?

  func matches(_ message: ClientMessage) -> Bool {
    guard case .statusUpdate(let update) = message else { return false }
    return write.map { $0 == update.write } != false
      && flush.map { $0 == update.flush } != false
      && apply.map { $0 == update.apply } != false
      && replyRequested.map { $0 == update.replyRequested } != false
  }

  var description: String {
    let positions = [("write", write), ("flush", flush), ("apply", apply)]
    let words = positions.compactMap { name, lsn in lsn.map { "\(name) \($0)" } }
    return (["StandbyStatusUpdate"] + words).joined(separator: " ")
  }
}
