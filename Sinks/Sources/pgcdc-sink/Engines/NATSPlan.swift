internal import NATSSink

/// What is asked for of NATS JetStream.
struct NATSPlan: Sendable {
  /// `nats://user:password@host:4222`, or several with commas between.
  var urls: String
  /// A file with a JWT and a seed.
  var credentialsFile: String?
  /// A file of certificates of those who may have signed the servers'.
  var certificateAuthorities: String?
  /// The stream's name; the slot's if `nil`.
  var stream: String?
  /// What the subjects of records begin with; the stream's name if `nil`.
  var subjectPrefix: String?
  /// How many servers have a copy of the stream.
  var replicas = 1
  /// Whether a stream that is missing is created.
  var createsStream = true

  init(urls: String) {
    self.urls = urls
  }

  /// From the part `sink` of a configuration.
  init(_ scope: ConfigurationScope) throws(PlanError) {
    self.init(urls: try scope.engineURL())
    credentialsFile = try scope.text("credentialsFile")
    certificateAuthorities = try scope.text("certificateAuthorities")
    stream = try scope.text("stream")
    subjectPrefix = try scope.text("subjectPrefix")
    replicas = try scope.number("replicas") ?? replicas
    createsStream = try scope.flag("createsStream") ?? createsStream
  }

  /// The engine; nothing is opened yet.
  func engine() throws -> NATSEngine {
    guard [1, 3, 5].contains(replicas) else { throw PlanError("replicas are 1, 3 or 5") }
    var options = try NATSOptions(urls)
    if let credentialsFile { options.authentication = .credentialsFile(credentialsFile) }
    options.tls.certificateAuthorities = certificateAuthorities
    options.stream.name = stream
    options.stream.subjectPrefix = subjectPrefix
    options.stream.replicas = replicas
    options.stream.isCreated = createsStream
    options.connectionName = "pgcdc-sink"
    return NATSEngine(options)
  }
}
