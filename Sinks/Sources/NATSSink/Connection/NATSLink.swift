internal import CSinkNATS
internal import ChangeSinks
internal import PGWire

/// A connection to a server, and an inbox for the answers to what is published.
///
/// It is never made again by itself: what was published may be lost with it, so its user has to
/// look at what the stream has. Its calls block, each for ``timeout`` at most.
///
/// The client library: <https://nats-io.github.io/nats.c/>
@safe final class NATSLink {
  /// How errors call the server.
  let engine: String
  /// How long to wait for an answer.
  let timeout: Duration
  /// What the subjects of answers to publications begin with.
  let inbox: String
  private let apiPrefix: String
  private let connection: OpaquePointer
  private let context: OpaquePointer
  private let answers: OpaquePointer

  /// The time after which a wait looks whether the server has refused something.
  private static let slice: Int64 = 250

  @unsafe init(
    _ options: NATSOptions, inbox: String, connection: OpaquePointer, context: OpaquePointer,
    answers: OpaquePointer
  ) {
    engine = options.engineName
    timeout = options.timeout
    self.inbox = inbox
    apiPrefix = options.domain.map { "$JS.\($0).API." } ?? "$JS.API."
    unsafe self.connection = connection
    unsafe self.context = context
    unsafe self.answers = answers
  }

  deinit {
    unsafe natsSubscription_Destroy(answers)
    unsafe jsCtx_Destroy(context)
    unsafe natsConnection_Destroy(connection)
  }

  /// The largest message that the server takes.
  var maxPayload: Int {
    let bytes = unsafe natsConnection_GetMaxPayload(connection)
    return Int(min(bytes, Int64(Int32.max / 2)))
  }
}

// MARK: - Requests

extension NATSLink {
  /// Asks JetStream something, and waits for the answer.
  ///
  /// API: <https://docs.nats.io/reference/reference-protocols/nats_api_reference>
  ///
  /// - Parameters:
  ///   - call: What follows the prefix in the subject: `STREAM.INFO.orders`.
  ///   - body: JSON; empty if the call has none.
  func ask(_ call: String, _ body: String = "") throws(SinkError) -> JSONValue {
    var found: OpaquePointer?
    let status = unsafe natsConnection_RequestString(
      &found, connection, apiPrefix + call, body, timeout.milliseconds)
    guard status == NATS_OK, let reply = unsafe found else {
      throw failure(status, "asking JetStream (\(call))")
    }
    let message = unsafe NATSMessage(owning: reply)
    guard let value = JSONValue(message.payload) else {
      throw SinkError(engine: engine, .transient, "the answer to \(call) is not JSON")
    }
    return value
  }

  /// The message with a number; `nil` if the stream doesn't have it.
  func message(_ sequence: UInt64, of stream: String) throws(SinkError) -> NATSMessage? {
    var found: OpaquePointer?
    var code: Int32 = 0
    let status = unsafe sink_nats_get(&found, context, stream, sequence, &code)
    return try unsafe answer(status, found, code, "reading message \(sequence) of \(stream)")
  }

  /// The last message on a subject, which may have wildcards; `nil` if there is none.
  func lastMessage(on subject: String, of stream: String) throws(SinkError) -> NATSMessage? {
    var found: OpaquePointer?
    var code: Int32 = 0
    let status = unsafe sink_nats_get_last(&found, context, stream, subject, &code)
    return try unsafe answer(
      status, found, code, "reading the last message on \(subject) of \(stream)")
  }

  private func answer(
    _ status: natsStatus, _ found: OpaquePointer?, _ code: Int32, _ what: String
  ) throws(SinkError) -> NATSMessage? {
    if status == NATS_OK, let found = unsafe found { return unsafe NATSMessage(owning: found) }
    if status == NATS_NOT_FOUND || code == APIFailure.noMessage { return nil }
    guard code != 0 else { throw failure(status, what) }
    throw SinkError(engine: engine, .transient, "\(what) failed: \(SinkError.lastWords)")
  }

  /// Passes messages on a subject to `body`, in order, until it has had enough.
  ///
  /// - Parameters:
  ///   - first: The number of the first message.
  ///   - body: Returns whether it wants another one. There has to be one then.
  func read(
    _ subject: String, of stream: String, from first: UInt64,
    _ body: (borrowing NATSMessage) throws(SinkError) -> Bool
  ) throws(SinkError) {
    let what = "reading the stream \(stream)"
    var made: OpaquePointer?
    var code: Int32 = 0
    let status = unsafe sink_nats_read(&made, context, stream, subject, first, &code)
    guard status == NATS_OK, let subscription = unsafe made else { throw failure(status, what) }
    defer { unsafe natsSubscription_Destroy(subscription) }
    var wantsMore = true
    while wantsMore { wantsMore = try body(try unsafe next(of: subscription, what)) }
  }
}

// MARK: - Publishing

extension NATSLink {
  /// Publishes a message without waiting; the server's answer goes to ``inbox``.
  ///
  /// - Parameters:
  ///   - number: What the subject of the answer ends with.
  func publish(
    to subject: String, _ payload: Span<UInt8>, headers: [(name: String, value: String)],
    number: UInt64
  ) throws(SinkError) {
    let what = "publishing to \(subject)"
    guard payload.count <= maxPayload else {
      throw SinkError(
        engine: engine, .needsOperator,
        "a record for \(subject) has \(payload.count) bytes, and the server takes \(maxPayload); "
          + "raise its max_payload")
    }
    var made: OpaquePointer?
    let status = unsafe payload.withUnsafeBytes { bytes in
      unsafe sink_nats_message(
        &made, subject, "\(inbox).\(number)", bytes.baseAddress, Int32(bytes.count))
    }
    guard status == NATS_OK, let message = unsafe made else { throw failure(status, what) }
    defer { unsafe natsMsg_Destroy(message) }
    for (name, value) in headers {
      try check(unsafe natsMsgHeader_Set(message, name, value), what)
    }
    try check(unsafe natsConnection_PublishMsg(connection, message), what)
  }

  /// The next answer to what was published.
  func nextAnswer() throws(SinkError) -> NATSMessage {
    try unsafe next(of: answers, "waiting for the acknowledgement of messages")
  }

  private func next(
    of subscription: OpaquePointer, _ what: String
  ) throws(SinkError) -> NATSMessage {
    let deadline = ContinuousClock.now + timeout
    repeat {
      var found: OpaquePointer?
      let status = unsafe natsSubscription_NextMsg(&found, subscription, Self.slice)
      if status == NATS_OK, let found = unsafe found { return unsafe NATSMessage(owning: found) }
      guard status == NATS_TIMEOUT else { throw failure(status, what) }
      try checkPermission(what)
    } while ContinuousClock.now < deadline
    throw failure(NATS_TIMEOUT, what)
  }
}

// MARK: - Errors

extension NATSLink {
  private func check(_ status: natsStatus, _ what: String) throws(SinkError) {
    guard status == NATS_OK else { throw failure(status, what) }
  }

  /// Throws if the server has refused something that nothing answers to.
  private func checkPermission(_ what: String) throws(SinkError) {
    var text: UnsafePointer<CChar>?
    guard unsafe natsConnection_GetLastError(connection, &text) == NATS_NOT_PERMITTED else {
      return
    }
    let words = if let text = unsafe text { unsafe String(cString: text) } else { "" }
    throw SinkError(
      engine: engine, .needsOperator,
      "\(what) is not permitted: \(words); change the permissions of the user")
  }

  private func failure(_ status: natsStatus, _ what: String) -> SinkError {
    do throws(SinkError) {
      if status == NATS_TIMEOUT { try checkPermission(what) }
    } catch {
      return error
    }
    return SinkError(status, of: engine, while: what, timeout: timeout)
  }
}
