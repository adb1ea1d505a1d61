public import ChangeSinks
internal import PGWire

/// Reads back what an engine has written, for tests and for tools that compare.
///
/// Consumers use the streams themselves: `XREAD`, or `XREADGROUP` with a group.
public actor RedisReader {
  /// How the server is reached; prefix and names of fields have to be those of the engine.
  public nonisolated let options: RedisOptions
  private let executor = ThreadExecutor()
  private var connection: RedisConnection?

  /// How many entries are read at a time.
  private static let pageSize = 1000

  /// A reader; it connects when it is first used.
  public init(_ options: RedisOptions) {
    self.options = options
  }

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    unsafe executor.asUnownedSerialExecutor()
  }

  /// The topics of all streams whose names begin with the prefix, in the order of their names.
  ///
  /// Commands: `SCAN`, `TYPE`.
  ///
  /// - Throws: ``/ChangeSinks/SinkError``.
  public func topics() throws(SinkError) -> [String] {
    try withConnection { (connection) throws(SinkError) in
      var names: Set<String> = []
      for key in try keys(over: connection) {
        let type = try connection.call(RedisArguments("TYPE", key), "reading the type of a key")
        if type.text == "stream" { names.insert(String(key.dropFirst(options.prefix.count))) }
      }
      return names.sorted()
    }
  }

  /// Entries of one stream, in order.
  ///
  /// Command: `XRANGE`.
  ///
  /// - Parameters:
  ///   - position: They begin after this one; with the first one if `nil`.
  ///   - limit: The most entries; there are no more if fewer are returned.
  /// - Throws: ``/ChangeSinks/SinkError``, also for an entry that no engine has written.
  public func entries(
    of topic: String, after position: SinkPosition? = nil, limit: Int
  ) throws(SinkError) -> [RedisEntry] {
    try withConnection { (connection) throws(SinkError) in
      try page(of: topic, after: position, limit: limit, over: connection)
    }
  }

  /// All entries of all streams whose names begin with the prefix, in the order of their places:
  /// that of the changes in the database.
  ///
  /// They are all in memory; to read many, use ``entries(of:after:limit:)``.
  ///
  /// - Throws: ``/ChangeSinks/SinkError``, also for an entry that no engine has written.
  public func allEntries() throws(SinkError) -> [RedisEntry] {
    var all: [RedisEntry] = []
    for topic in try topics() {
      var last: SinkPosition?
      repeat {
        let page = try entries(of: topic, after: last, limit: Self.pageSize)
        all += page
        last = page.count == Self.pageSize ? page.last?.position : nil
      } while last != nil
    }
    return all.sorted { $0.position < $1.position }
  }

  /// What the engine has for a slot, without disturbing who writes it.
  ///
  /// Command: `HMGET`.
  ///
  /// - Throws: ``/ChangeSinks/SinkError``.
  public func state(of slot: String) throws(SinkError) -> SinkState {
    try withConnection { (connection) throws(SinkError) in
      try StateReading(connection, options.stateKey(of: slot)).state
    }
  }

  /// Ends the connection.
  public func close() {
    connection = nil
  }

  /// The keys that begin with the prefix; some may come twice.
  private func keys(over connection: RedisConnection) throws(SinkError) -> [String] {
    let what = "reading the names of streams"
    let pattern = Self.escaped(options.prefix) + "*"
    var keys: [String] = []
    var cursor = "0"
    repeat {
      let arguments = RedisArguments("SCAN", cursor, "MATCH", pattern, "COUNT", "1000")
      guard let parts = try connection.call(arguments, what).elements, parts.count == 2,
        let next = parts[0].text, let found = parts[1].elements
      else { throw connection.unexpected(what) }
      keys += found.compactMap(\.text)
      cursor = next
    } while cursor != "0"
    return keys
  }

  private func page(
    of topic: String, after position: SinkPosition?, limit: Int, over connection: RedisConnection
  ) throws(SinkError) -> [RedisEntry] {
    let key = options.streamKey(of: topic)
    var start = "-"
    if let position {
      guard let following = position.following else { return [] }
      start = following.streamID
    }
    let arguments = RedisArguments("XRANGE", key, start, "+", "COUNT", String(limit))
    guard let found = try connection.call(arguments, "reading \(key)").elements else {
      throw connection.unexpected("reading \(key)")
    }
    var entries: [RedisEntry] = []
    for reply in found {
      guard let entry = RedisEntry(reply, of: topic, options.fields) else {
        throw SinkError(
          engine: connection.engine, .needsOperator,
          "the stream \(key) has an entry that is not a record")
      }
      entries.append(entry)
    }
    return entries
  }

  /// A text that stands for itself in a pattern.
  private static func escaped(_ text: String) -> String {
    var pattern = ""
    for character in text {
      if "*?[]^\\".contains(character) { pattern.append("\\") }
      pattern.append(character)
    }
    return pattern
  }

  private func withConnection<R>(
    _ body: (RedisConnection) throws(SinkError) -> R
  ) throws(SinkError) -> R {
    do throws(SinkError) {
      if let connection { return try body(connection) }
      let opened = try RedisConnection.open(options, name: "pgcdc:reader")
      connection = opened
      return try body(opened)
    } catch {
      connection = nil
      throw error
    }
  }
}
