internal import ChangeSinks
internal import PGWire
internal import ReplicationCore

/// The state of a slot, read from its hash.
struct StateReading {
  let state: SinkState

  /// Reads it.
  ///
  /// Command: `HMGET`.
  ///
  /// - Throws: A fatal error if it can't be understood: to take it for none would be a fresh start.
  init(_ connection: RedisConnection, _ key: String) throws(SinkError) {
    let what = "reading \(key)"
    let fields = [WriteScript.Field.checkpoint, WriteScript.Field.position]
    let reply = try connection.call(RedisArguments("HMGET", key, fields[0], fields[1]), what)
    guard let values = reply.elements, values.count == 2 else { throw connection.unexpected(what) }
    state = SinkState(
      checkpoint: try Self.checkpoint(values[0], connection, key),
      position: try Self.position(values[1], connection, key))
  }

  private static func checkpoint(
    _ reply: RedisReply, _ connection: RedisConnection, _ key: String
  ) throws(SinkError) -> Checkpoint? {
    if reply == .null { return nil }
    guard let bytes = reply.bytes else { throw connection.unexpected("reading \(key)") }
    do throws(ReplicationError) {
      return try Checkpoint(encoded: bytes)
    } catch {
      throw SinkError(
        engine: connection.engine, .fatal, "the checkpoint in \(key) can't be used: \(error)")
    }
  }

  private static func position(
    _ reply: RedisReply, _ connection: RedisConnection, _ key: String
  ) throws(SinkError) -> SinkPosition? {
    if reply == .null { return nil }
    guard let text = reply.text, let position = SinkPosition(text) else {
      throw SinkError(
        engine: connection.engine, .fatal, "the position in \(key) is not one of a record")
    }
    return position
  }
}
