internal import PGWire

/// What CREATE_REPLICATION_SLOT does with the snapshot that goes with the slot.
enum SlotSnapshotAction: String, Sendable {
  /// Other sessions can take it, until the next command on this connection.
  case export
  /// The transaction in which the command is the first sees it.
  case use
  /// There is none.
  case nothing
}

extension SQL {
  /// Makes a logical slot.
  ///
  ///     CREATE_REPLICATION_SLOT s [TEMPORARY] LOGICAL plugin NOEXPORT_SNAPSHOT      to server 14
  ///     CREATE_REPLICATION_SLOT s [TEMPORARY] LOGICAL plugin (SNAPSHOT 'nothing', …)    since 15
  ///
  /// Grammar: <https://www.postgresql.org/docs/current/protocol-replication.html>
  static func createSlot(
    _ slot: SlotName, plugin: String, temporary: Bool, snapshot: SlotSnapshotAction,
    _ options: SlotOptions, server: Int
  ) throws(ReplicationError) -> SQL {
    try options.check(server: server, plugin: plugin, temporary: temporary, command: true)
    let name = Identifier(slot)
    let plugin = try Identifier(plugin)
    let word: StaticString = temporary ? " TEMPORARY" : ""
    guard server >= 15 else {
      let action: StaticString =
        switch snapshot {
        case .export: "EXPORT_SNAPSHOT"
        case .use: "USE_SNAPSHOT"
        case .nothing: "NOEXPORT_SNAPSHOT"
        }
      return "CREATE_REPLICATION_SLOT \(name)\(word) LOGICAL \(plugin) \(action)"
    }
    var settings = [
      try PluginOption("snapshot", snapshot.rawValue)
    ]
    if options.isTwoPhase == true { settings.append(try .flag("two_phase", true)) }
    if options.isFailover == true { settings.append(try .flag("failover", true)) }
    return "CREATE_REPLICATION_SLOT \(name)\(word) LOGICAL \(plugin) (\(settings))"
  }

  /// Changes options of a slot.
  ///
  /// - Throws: ``ReplicationError/requiresServer(feature:since:found:)``, and
  ///   ``ReplicationError/invalidParameter(_:)`` if no option is given.
  static func alterSlot(
    _ slot: SlotName, _ options: SlotOptions, server: Int
  ) throws(ReplicationError) -> SQL {
    if options.isTwoPhase != nil, server < 18 {
      throw .requiresServer(feature: "altering a slot's two_phase", since: 18, found: server)
    }
    if options.isFailover != nil, server < 17 {
      throw .requiresServer(feature: "altering a slot's failover", since: 17, found: server)
    }
    var settings: [PluginOption] = []
    if let failover = options.isFailover { settings.append(try .flag("failover", failover)) }
    if let twoPhase = options.isTwoPhase { settings.append(try .flag("two_phase", twoPhase)) }
    guard !settings.isEmpty else {
      throw .invalidParameter("nothing to alter: name failover or two_phase")
    }
    return "ALTER_REPLICATION_SLOT \(Identifier(slot)) (\(settings))"
  }
}

extension PluginOption {
  fileprivate static func flag(_ name: String, _ value: Bool) throws(ReplicationError) -> Self {
    try PluginOption(name, value ? "true" : "false")
  }
}
