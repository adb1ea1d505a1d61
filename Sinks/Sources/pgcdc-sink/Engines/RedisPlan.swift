internal import Logging
internal import RedisSink

/// What is asked for of Redis.
struct RedisPlan: Sendable {
  /// `redis://user:password@host:6379/0`.
  var url: String
  /// What the names of all keys begin with.
  var keyPrefix: String?
  /// About how many entries a stream keeps.
  var maxLength: Int?
  /// How many replicas must have a batch.
  var replicas = 0
  /// Whether a server is taken that may lose what it has acknowledged.
  var acceptsLoss = false

  init(url: String) {
    self.url = url
  }

  /// From the part `sink` of a configuration.
  init(_ scope: ConfigurationScope) throws(PlanError) {
    self.init(url: try scope.engineURL())
    keyPrefix = try scope.text("keyPrefix")
    maxLength = try scope.number("maxLength")
    replicas = try scope.number("replicas") ?? replicas
    acceptsLoss = try scope.flag("acceptsLoss") ?? acceptsLoss
  }

  /// The engine; nothing is opened yet.
  func engine(_ logger: Logger) throws -> RedisEngine {
    if let maxLength, maxLength < 1 { throw PlanError("a stream keeps at least one entry") }
    guard (0...100).contains(replicas) else { throw PlanError("replicas are from 0 to 100") }
    var options = try RedisOptions(url: url)
    if let keyPrefix { options.prefix = keyPrefix }
    options.maximumLength = maxLength
    options.replicas = replicas
    options.requiresDurability = !acceptsLoss
    options.logger = logger
    return RedisEngine(options)
  }
}
