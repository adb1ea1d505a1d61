/// One option for the output plugin.
struct PluginOption: Hashable, Sendable {
  let name: Identifier
  let value: Literal

  init(_ name: String, _ value: String) throws(ReplicationError) {
    self.name = try Identifier(name)
    self.value = try Literal(value)
  }

  init(_ name: String, _ value: Literal) throws(ReplicationError) {
    self.name = try Identifier(name)
    self.value = value
  }
}

/// The options that a stream of pgoutput is started with, by the server's version.
///
///     proto_version      1 (13), 1 to 2 (14), 1 to 3 (15), 1 to 4 (16 and later)
///     publication_names  each name quoted
///     binary, messages   since server 14
///     streaming          on: 14, version 2; parallel: 16, version 4
///     two_phase          since server 15, version 3
///     origin             since server 16
///
/// Options that are not wanted are not sent. All options are checked before anything is sent: a
/// server that doesn't know an option ends the command with an error that does not say how to fix
/// it.
///
/// Options: <https://www.postgresql.org/docs/current/protocol-logical-replication.html>
struct PgOutputOptions: Sendable {
  private let params: ReplicationParams
  private let publications: Literal

  /// Checks everything that can be checked without a server.
  ///
  /// - Throws: ``ReplicationError/invalidParameter(_:)`` if options contradict each other.
  init(_ params: ReplicationParams) throws(ReplicationError) {
    self.params = params
    // Without publications nothing is streamed, and slots can still be handled.
    publications = try Literal(list: params.publications)
    let version = params.protocolVersion
    for wish in wishes where version != .automatic && version.rawValue < wish.version {
      throw .invalidParameter(
        "\(wish.feature) needs protocol version \(wish.version) or later, "
          + "\(version.rawValue) was requested")
    }
  }

  /// The options for a server.
  ///
  /// - Throws: ``ReplicationError/requiresServer(feature:since:found:)`` for an option that the
  ///   server does not have.
  func options(forServer server: Int) throws(ReplicationError) -> [PluginOption] {
    for wish in wishes where server < wish.since {
      throw .requiresServer(feature: wish.feature, since: wish.since, found: server)
    }
    var options = [
      try PluginOption("proto_version", String(try version(forServer: server))),
      try PluginOption("publication_names", publications),
    ]
    for wish in wishes { options.append(try PluginOption(wish.option, wish.value)) }
    return options
  }

  /// The protocol version to ask a server for.
  private func version(forServer server: Int) throws(ReplicationError) -> Int {
    let highest = server >= 16 ? 4 : max(1, server - 12)
    let wanted = params.protocolVersion
    if wanted == .automatic { return highest }
    let version = wanted.rawValue
    guard version <= highest else {
      throw .requiresServer(
        feature: "protocol version \(version)", since: version + 12, found: server)
    }
    return version
  }

  /// An option that is wanted.
  private struct Wish {
    let option: String
    let value: String
    /// The first server that has it.
    let since: Int
    /// The first protocol version that allows it.
    var version = 1

    var feature: String { "the option \(option)\(value == "true" ? "" : " \(value)")" }
  }

  private var wishes: [Wish] {
    var wishes: [Wish] = []
    if params.prefersBinary { wishes.append(Wish(option: "binary", value: "true", since: 14)) }
    if params.deliversMessages { wishes.append(Wish(option: "messages", value: "true", since: 14)) }
    switch params.streaming {
    case .off: break
    case .on: wishes.append(Wish(option: "streaming", value: "on", since: 14, version: 2))
    case .parallel:
      wishes.append(Wish(option: "streaming", value: "parallel", since: 16, version: 4))
    }
    if params.usesTwoPhase {
      wishes.append(Wish(option: "two_phase", value: "true", since: 15, version: 3))
    }
    if params.origin != .any {
      wishes.append(Wish(option: "origin", value: params.origin.rawValue, since: 16))
    }
    return wishes
  }
}
