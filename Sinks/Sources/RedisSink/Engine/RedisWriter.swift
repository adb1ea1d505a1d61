internal import ChangeFormats
internal import ChangeSinks
internal import Logging
internal import PGWire
internal import ReplicationCore

/// The state of one slot in a server, opened for writing: a connection and its epoch.
struct RedisWriter {
  /// The slot.
  let slot: String
  private let connection: RedisConnection
  private let options: RedisOptions
  private let stateKey: String
  /// The number of this opening; a later one has a greater number, and then nothing is written.
  private let epoch: Int64
  private let wait: RedisWait
  private let maxArgumentBytes: Int

  /// Writes records, and the checkpoint with the last of them.
  func write(_ batch: EventBatch, saving checkpoint: Checkpoint?) throws(SinkError) {
    let encoded = try encode(checkpoint)
    var calls = [ScriptCall()]
    try batch.forEachRecord { (position, topic, record) throws(SinkError) in
      try check(record, topic)
      if calls[calls.count - 1].isFull { calls.append(ScriptCall()) }
      calls[calls.count - 1].append(position, topic, record, options)
    }
    // One after the other: there must be no gap if one fails.
    for index in calls.indices {
      try run(calls[index], saving: index == calls.count - 1 ? encoded : [])
    }
  }

  /// Stores a checkpoint.
  func save(_ checkpoint: Checkpoint) throws(SinkError) {
    try run(ScriptCall(), saving: try encode(checkpoint))
  }

  private func encode(_ checkpoint: Checkpoint?) throws(SinkError) -> [UInt8] {
    guard let checkpoint else { return [] }
    do throws(ReplicationError) {
      return try checkpoint.encoded()
    } catch {
      throw SinkError(engine: connection.engine, .fatal, "\(error)")
    }
  }

  /// A server ends the connection at a larger argument, which looks like a failure of the network.
  private func check(_ record: ChangeRecord, _ topic: RecordTopic) throws(SinkError) {
    let size =
      switch record {
      case .event(let key?, let value): max(key.count, value.count)
      case .event(nil, let value): value.count
      case .tombstone(let key): key.count
      }
    guard size > maxArgumentBytes else { return }
    throw SinkError(
      engine: connection.engine, .needsOperator,
      "a record for \(options.streamKey(of: topic.name)) has \(size) bytes, more than the server's "
        + "proto-max-bulk-len (\(maxArgumentBytes)); raise that")
  }

  private func run(_ call: ScriptCall, saving checkpoint: [UInt8]) throws(SinkError) {
    let what = "writing a batch"
    let head = call.head(stateKey: stateKey, epoch: epoch, checkpoint: checkpoint, options)
    try connection.append(head, call.records)
    try wait.append(to: connection)
    guard let outcome = WriteScript.Outcome(try connection.answer(to: what)) else {
      throw connection.unexpected(what)
    }
    if let error = failure(outcome) { throw error }
    try wait.check(over: connection)
  }

  private func failure(_ outcome: WriteScript.Outcome) -> SinkError? {
    let engine = connection.engine
    switch outcome {
    case .written: return nil
    case .fenced:
      // Another attempt would only take it away from the other one again.
      return SinkError(
        engine: engine, .fatal,
        "another connector has taken over: \(stateKey) was opened again, or is gone; nothing was "
          + "written")
    case .passed(let key, let last):
      return SinkError(
        engine: engine, .needsOperator,
        "the stream \(key) has an entry \(last), which is not before the records to write; it "
          + "belongs to another program or to an earlier run: delete it, or use another prefix; "
          + "nothing was written")
    case .otherType(let key, let type):
      return SinkError(
        engine: engine, .needsOperator,
        "the key \(key) is a \(type) and not a stream (WRONGTYPE): delete it, or use another "
          + "prefix; nothing was written")
    }
  }
}

// MARK: - Opening

extension RedisWriter {
  /// Opens the state of a slot; from then on nobody who has opened it before can write.
  ///
  /// Commands: `HINCRBY`, `HMGET`, and those of ``RedisServerFacts/read(over:)``.
  ///
  /// - Returns: What writes, and what the server has.
  static func open(
    _ options: RedisOptions, slot: String
  ) throws(SinkError) -> (writer: RedisWriter, state: SinkState) {
    let connection = try RedisConnection.open(options, name: "pgcdc:\(slot)")
    let facts = try RedisServerFacts.read(over: connection)
    try checkCluster(facts, options, connection)
    let isForDisk = try waitsForDisk(facts, options, connection)
    let wait = RedisWait(
      isForDisk: isForDisk, replicas: options.replicas, timeout: options.timeout)

    let what = "opening \(options.stateKey(of: slot))"
    let key = options.stateKey(of: slot)
    try connection.append(RedisArguments("HINCRBY", key, WriteScript.Field.epoch, "1"))
    try wait.append(to: connection)
    guard let epoch = try connection.answer(to: what).integer else {
      throw connection.unexpected(what)
    }
    // Also what an earlier connection has written is durable then.
    try wait.check(over: connection)
    let writer = RedisWriter(
      slot: slot, connection: connection, options: options, stateKey: key, epoch: epoch, wait: wait,
      maxArgumentBytes: facts.maxArgumentBytes ?? RedisServerFacts.usualArgumentBytes)
    return (writer, try StateReading(connection, key).state)
  }

  private static func checkCluster(
    _ facts: RedisServerFacts, _ options: RedisOptions, _ connection: RedisConnection
  ) throws(SinkError) {
    guard facts.isCluster == true, !options.hasHashTag else { return }
    throw SinkError(
      engine: connection.engine, .needsOperator,
      "the server is a node of a cluster: records and checkpoint can be written in one step only "
        + "if their keys are on one node; put a part in braces into the prefix, such as {shop}:")
  }

  private static func waitsForDisk(
    _ facts: RedisServerFacts, _ options: RedisOptions, _ connection: RedisConnection
  ) throws(SinkError) -> Bool {
    guard options.requiresDurability else { return false }
    switch facts.durability {
    case .atAnswer: return false
    case .afterWait: return true
    case .unknown:
      options.logger.warning(
        "the server does not say whether it is durable, and may lose what it acknowledges",
        metadata: ["engine": "\(connection.engine)", "command": "CONFIG GET"])
      return false
    case .missing(let reason):
      throw SinkError(
        engine: connection.engine, .needsOperator,
        "\(reason), or accept that with requiresDurability = false")
    }
  }
}

extension RedisOptions {
  /// Whether all keys have the same part in braces, which alone decides on their node.
  fileprivate var hasHashTag: Bool {
    guard let open = prefix.firstIndex(of: "{"),
      let close = prefix[open...].firstIndex(of: "}")
    else { return false }
    return prefix.index(after: open) < close
  }
}
