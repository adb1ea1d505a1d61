/// When a batch is on a server's disk.
enum RedisDurability: Hashable, Sendable {
  /// Once the server has answered.
  case atAnswer
  /// Once the server was asked to wait for its disk.
  case afterWait
  /// The server does not say.
  case unknown
  /// A crash may lose it; the setting that is the reason, and how to change it.
  case missing(String)
}

extension RedisServerFacts {
  /// When a batch is on the disk, by the server's settings.
  ///
  /// Redis: <https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/>
  var durability: RedisDurability {
    if let appendsOnly, !appendsOnly {
      return .missing(
        "appendonly is no: a crash of the server loses what it has acknowledged; "
          + "set appendonly to yes and appendfsync to always")
    }
    if let evictionPolicy, evictionPolicy.hasPrefix("allkeys"), maxMemory != 0 {
      return .missing(
        "maxmemory-policy is \(evictionPolicy): a server that is short of memory removes streams; "
          + "set it to noeviction")
    }
    guard let appendSync else {
      return canWaitForDisk && appendsOnly == true ? .afterWait : .unknown
    }
    switch appendSync {
    case "no":
      return .missing(
        "appendfsync is no: a crash of the machine loses what was acknowledged; set it to always")
    case "always":
      guard skipsSyncWhileRewriting == true else { return .atAnswer }
      return .missing(
        "no-appendfsync-on-rewrite is yes: a crash during a rewrite loses what was acknowledged; "
          + "set it to no")
    default:
      if canWaitForDisk { return .afterWait }
      return .missing(
        "appendfsync is \(appendSync): a crash loses what was acknowledged in the last "
          + "second, and this version has no WAITAOF; set it to always")
    }
  }
}
