import ChangeSinks

@testable import RedisSink

/// Sends commands of any kind.
actor RedisAdmin {
  private let executor = ThreadExecutor()
  private let options: RedisOptions
  private var connection: RedisConnection?

  init(_ options: RedisOptions) {
    self.options = options
  }

  nonisolated var unownedExecutor: UnownedSerialExecutor {
    unsafe executor.asUnownedSerialExecutor()
  }

  /// - Throws: Also if the answer is an error.
  @discardableResult
  func call(_ words: String...) throws(SinkError) -> RedisReply {
    try call(words)
  }

  @discardableResult
  func call(_ words: [String]) throws(SinkError) -> RedisReply {
    var arguments = RedisArguments()
    for word in words { arguments.append(word) }
    return try opened().call(arguments, "the test")
  }

  /// The value of a setting.
  func setting(_ name: String) throws(SinkError) -> String {
    try call("CONFIG", "GET", name).elements?.last?.text ?? ""
  }

  /// Ends the connections that have this name.
  ///
  /// - Returns: How many there were.
  func kill(_ name: String) throws(SinkError) -> Int {
    let clients = try call("CLIENT", "LIST").text ?? ""
    var count = 0
    for client in clients.split(whereSeparator: \.isNewline) {
      let words = client.split(separator: " ")
      guard words.contains("name=\(name)"), let id = words.first?.dropFirst(3) else { continue }
      try call("CLIENT", "KILL", "ID", String(id))
      count += 1
    }
    return count
  }

  /// Deletes all keys that begin with a text.
  func removeKeys(_ prefix: String) throws(SinkError) {
    for key in try call("KEYS", "\(prefix)*").elements?.compactMap(\.text) ?? [] {
      try call("DEL", key)
    }
  }

  private func opened() throws(SinkError) -> RedisConnection {
    if let connection { return connection }
    let opened = try RedisConnection.open(options, name: "test")
    connection = opened
    return opened
  }
}
