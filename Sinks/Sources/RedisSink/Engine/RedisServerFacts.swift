internal import ChangeSinks

/// What a server says of itself; `nil` for what it does not say.
struct RedisServerFacts: Hashable, Sendable {
  /// Whether it is a node of a cluster.
  var isCluster: Bool?
  /// Whether changes go to the append-only file.
  var appendsOnly: Bool?
  /// When the file is forced to the disk: `always`, `everysec` or `no`.
  var appendSync: String?
  /// Whether it is not forced to the disk while it is rewritten.
  var skipsSyncWhileRewriting: Bool?
  /// The memory from which on keys are evicted; 0 for any amount.
  var maxMemory: UInt64?
  /// Which keys are evicted then.
  var evictionPolicy: String?
  /// The greatest size of an argument.
  var maxArgumentBytes: Int?
  /// Whether it can be asked to wait for its disk.
  var canWaitForDisk = false

  /// What servers take that were not configured otherwise: 512 MiB.
  static let usualArgumentBytes = 512 << 20
}

extension RedisServerFacts {
  /// Asks a server.
  ///
  /// Commands: `INFO`, `CONFIG GET`, `WAITAOF` (since Redis 7.2). What the user may not ask remains
  /// unknown.
  static func read(over connection: RedisConnection) throws(SinkError) -> RedisServerFacts {
    try connection.append(RedisArguments("INFO"))
    for pattern in ["*append*", "maxmemory*", "proto-max-bulk-len"] {
      try connection.append(RedisArguments("CONFIG", "GET", pattern))
    }
    // Waits for nothing, and so returns at once where the command exists.
    try connection.append(RedisArguments("WAITAOF", "0", "0", "0"))

    var facts = RedisServerFacts()
    facts.note(info: try connection.reply(to: "reading the server's state").text ?? "")
    for _ in 0..<3 {
      let reply = try connection.reply(to: "reading the server's settings")
      facts.note(settings: (reply.elements ?? []).map { $0.text ?? "" })
    }
    let wait = try connection.reply(to: "asking whether the server can wait for its disk")
    facts.canWaitForDisk = wait.elements?.count == 2
    return facts
  }

  /// Takes in what `INFO` says, a line for each fact.
  mutating func note(info: String) {
    // A line ends with a carriage return and a line feed, which are one character.
    for line in info.split(whereSeparator: \.isNewline) {
      switch line {
      case "cluster_enabled:1": isCluster = true
      case "cluster_enabled:0": isCluster = false
      case "aof_enabled:1": appendsOnly = true
      case "aof_enabled:0": appendsOnly = false
      default: break
      }
    }
  }

  /// Takes in what `CONFIG GET` says: names and values in turn.
  mutating func note(settings: [String]) {
    for index in stride(from: 0, to: settings.count - 1, by: 2) {
      let value = settings[index + 1]
      switch settings[index] {
      case "appendonly": appendsOnly = value == "yes"
      case "appendfsync": appendSync = value
      case "no-appendfsync-on-rewrite": skipsSyncWhileRewriting = value == "yes"
      case "maxmemory": maxMemory = UInt64(value)
      case "maxmemory-policy": evictionPolicy = value
      case "proto-max-bulk-len": maxArgumentBytes = Int(value)
      default: break
      }
    }
  }
}
