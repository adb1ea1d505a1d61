internal import CSinkHiredis
internal import ChangeSinks
internal import PGWire

/// A connection to a server, whose calls block: it stays on the thread of its actor.
///
/// Commands are collected, and sent when the first reply is asked for. After an error of the
/// connection it is of no use any more.
@safe final class RedisConnection {
  /// The engine as errors name it.
  let engine: String
  private let context: UnsafeMutablePointer<redisContext>
  private let timeout: Duration

  /// Connects.
  ///
  /// - Throws: ``/ChangeSinks/SinkError``, always a transient one.
  init(to address: RedisAddress, timeout: Duration) throws(SinkError) {
    let engine = "Redis at \(address)"
    guard let connected = unsafe Self.connect(address, timeout.wholeMilliseconds) else {
      throw SinkError(engine: engine, .transient, "no memory for a connection")
    }
    guard unsafe connected.pointee.err == 0 else {
      let reason = unsafe String(cString: pgsink_redis_error(connected))
      unsafe redisFree(connected)
      throw SinkError(engine: engine, .transient, "can't connect: \(reason)")
    }
    self.engine = engine
    self.timeout = timeout
    unsafe context = connected
  }

  deinit {
    unsafe redisFree(context)
  }

  private static func connect(
    _ address: RedisAddress, _ milliseconds: Int64
  ) -> UnsafeMutablePointer<redisContext>? {
    switch address {
    case .host(let name, let port):
      return unsafe pgsink_redis_connect(name, Int32(port), milliseconds)
    case .unixSocket(let path):
      return unsafe pgsink_redis_connect_unix(path, milliseconds)
    }
  }

  /// Takes a command, whose arguments may come in several parts.
  func append(_ parts: RedisArguments...) throws(SinkError) {
    let count = parts.reduce(0) { $0 + $1.count }
    try take(RedisArguments.head(count: count))
    for part in parts { try take(part.bytes) }
  }

  private func take(_ bytes: [UInt8]) throws(SinkError) {
    guard !bytes.isEmpty else { return }
    let status = unsafe bytes.withUnsafeBytes { bytes in
      unsafe pgsink_redis_append(context, bytes.baseAddress, bytes.count)
    }
    guard status == 0 else {
      throw SinkError(engine: engine, .transient, "no memory for a command")
    }
  }

  /// Sends what was taken, and waits for the next reply, which may be an error.
  ///
  /// - Parameter what: What is being done, for errors: "writing a batch".
  /// - Throws: If the connection fails.
  func reply(to what: String) throws(SinkError) -> RedisReply {
    var hasTimedOut: Int32 = 0
    guard let reply = unsafe pgsink_redis_next_reply(context, &hasTimedOut) else {
      throw failure(what, hasTimedOut: hasTimedOut != 0)
    }
    defer { unsafe freeReplyObject(reply) }
    guard let copy = unsafe RedisReply(copying: reply) else { throw unexpected(what) }
    return copy
  }

  /// The next reply, if it is not an error.
  func answer(to what: String) throws(SinkError) -> RedisReply {
    let received = try reply(to: what)
    if case .error(let text) = received { throw RedisErrorReply(text).error(of: engine, what) }
    return received
  }

  /// The answer to one command.
  func call(_ arguments: RedisArguments, _ what: String) throws(SinkError) -> RedisReply {
    try append(arguments)
    return try answer(to: what)
  }

  /// The error for an answer that a server of Redis does not give.
  func unexpected(_ what: String) -> SinkError {
    SinkError(engine: engine, .needsOperator, "\(what): the answer is not one of Redis")
  }

  private func failure(_ what: String, hasTimedOut: Bool) -> SinkError {
    if hasTimedOut {
      return SinkError(engine: engine, .transient, "\(what): no answer within \(timeout)")
    }
    if unsafe pgsink_redis_is_foreign(context) != 0 { return unexpected(what) }
    let reason = unsafe String(cString: pgsink_redis_error(context))
    return SinkError(engine: engine, .transient, "\(what): the connection has failed: \(reason)")
  }
}

extension Duration {
  /// Milliseconds for hiredis and for commands: at least one, at most a day.
  var wholeMilliseconds: Int64 {
    let day = Duration.seconds(86_400)
    let time = min(max(self, .milliseconds(1)), day).components
    return time.seconds * 1000 + time.attoseconds / 1_000_000_000_000_000
  }
}
