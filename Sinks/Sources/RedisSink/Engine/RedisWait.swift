internal import ChangeSinks
internal import PGWire

/// What is waited for after each change: the server's disk, replicas, or nothing.
///
/// Redis: <https://redis.io/docs/latest/commands/wait/>,
/// <https://redis.io/docs/latest/commands/waitaof/>
struct RedisWait: Hashable, Sendable {
  /// Whether the server is asked to wait for its disk.
  let isForDisk: Bool
  /// How many replicas must have it.
  let replicas: Int
  private let limit: Duration

  private static let what = "waiting until a change is durable"

  init(isForDisk: Bool, replicas: Int, timeout: Duration) {
    self.isForDisk = isForDisk
    self.replicas = max(replicas, 0)
    // The server's answer, that it has not come about, should arrive before we give up.
    limit = timeout - timeout / 4
  }

  /// Sends it behind the commands that change something.
  func append(to connection: RedisConnection) throws(SinkError) {
    let milliseconds = String(limit.wholeMilliseconds)
    if isForDisk { try connection.append(RedisArguments("WAITAOF", "1", "0", milliseconds)) }
    if replicas > 0 {
      try connection.append(RedisArguments("WAIT", String(replicas), milliseconds))
    }
  }

  /// Reads the answers.
  ///
  /// - Throws: A transient error if there was not enough time.
  func check(over connection: RedisConnection) throws(SinkError) {
    if isForDisk {
      guard let counts = try connection.answer(to: Self.what).elements, counts.count == 2,
        let own = counts[0].integer
      else { throw connection.unexpected(Self.what) }
      guard own > 0 else {
        throw failure(connection, "the server's disk did not have it")
      }
    }
    if replicas > 0 {
      guard let count = try connection.answer(to: Self.what).integer else {
        throw connection.unexpected(Self.what)
      }
      guard count >= Int64(replicas) else {
        throw failure(connection, "\(count) of \(replicas) replicas had it")
      }
    }
  }

  private func failure(_ connection: RedisConnection, _ reason: String) -> SinkError {
    SinkError(
      engine: connection.engine, .transient, "\(Self.what): \(reason) after \(limit)")
  }
}
