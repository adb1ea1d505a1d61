internal import PGWire
internal import ReplicationCore

/// What a session answers to statements other than START_REPLICATION and COPY.
extension DatabaseSession {
  mutating func answer(
    to sql: String, _ words: CommandWords, bound: [String?]
  ) -> ServerAnswer {
    switch words.command {
    case "BEGIN":
      status = .inTransaction
      isRepeatable = words.has("REPEATABLE")
      snapshot = nil
      return .done("BEGIN")
    case "COMMIT", "ROLLBACK":
      if !words.has("SAVEPOINT") {
        (status, isRepeatable, snapshot) = (.idle, false, nil)
      }
      return .done(words.command)
    case "SAVEPOINT": return .done("SAVEPOINT")
    case "SET": return set(words)
    case "SHOW": return show(words)
    case "SELECT", "WITH": return select(sql, words, bound)
    default: return replicationCommand(words)
    }
  }

  /// SET, by itself or around the statement that locks a table.
  private mutating func set(_ words: CommandWords) -> ServerAnswer {
    if words.has("SNAPSHOT"), case .text(let name)? = words.after("SNAPSHOT").first {
      guard let found = database.state.withLock({ $0.exported[name] }) else {
        return .error(.invalidParameterValue, "invalid snapshot identifier: \"\(name)\"")
      }
      snapshot = found
    }
    let set = ServerAnswer.done("SET")
    if words.has("LOCK") { return .several([set, .done("LOCK TABLE"), set]) }
    if words.has("SELECT") { return .several([set, .rows([], []), set]) }
    return set
  }

  private func show(_ words: CommandWords) -> ServerAnswer {
    let name = words.names.first ?? ""
    let value = name == "server_version" ? database.serverVersion : SettingsQuery.value(name)
    return .rows([name], [[value]])
  }

  private mutating func select(
    _ sql: String, _ words: CommandWords, _ bound: [String?]
  ) -> ServerAnswer {
    if let (question, values) = database.questions.recognize(sql, bound: bound) {
      return answer(question, values)
    }
    let settings = SettingsQuery.names(sql)
    if !settings.isEmpty {
      return .rows(settings, [settings.map { SettingsQuery.value($0) }])
    }
    if sql == "SELECT 1" { return .rows(["?column?"], [["1"]]) }
    // A lock by a query, and the question for a key so many rows behind another.
    if words.has("LIMIT"), words.has("ONLY") {
      return words.has("OFFSET") ? key(words) : .rows([], [])
    }
    return .error(
      .featureNotSupported,
      "this server of a test does not know the question: \(sql.prefix(200))")
  }

  private mutating func answer(_ question: ServerQuestion, _ values: [String]) -> ServerAnswer {
    switch question {
    case .databaseName: return .rows(["name"], [[TestDatabase.name]])
    case .readPoint:
      let point = snapshot ?? database.state.withLock(\.snapshot)
      if isRepeatable { snapshot = point }
      return point.readPoint
    case .memberships, .tableDescriptions, .columns, .storage, .fingerprints, .fingerprint,
      .currentMemberships, .keys,
      .access, .statistics, .blocks:
      let catalog = CatalogAnswers(
        seen, publications: database.publications, role: parameters["user"] ?? "test")
      return catalog.answer(question, values)
    default: return database.answer(question, values, askedBy: pid)
    }
  }

  /// What the session's queries see.
  var seen: DatabaseSnapshot { snapshot ?? database.state.withLock(\.snapshot) }
}

// MARK: - Commands of a walsender

extension DatabaseSession {
  private mutating func replicationCommand(_ words: CommandWords) -> ServerAnswer {
    switch words.command {
    case "IDENTIFY_SYSTEM":
      let written = database.state.withLock(\.written)
      return .rows(
        ["systemid", "timeline", "xlogpos", "dbname"],
        [["7000000000000000002", "1", "\(written)", TestDatabase.name]])
    case "CREATE_REPLICATION_SLOT": return createSlot(words)
    case "DROP_REPLICATION_SLOT":
      let name = words.names.first ?? ""
      return database.drop(name) ?? .done("DROP_REPLICATION_SLOT")
    default:
      return .error(
        .featureNotSupported, "this server of a test does not know the command \(words.command)")
    }
  }

  private mutating func createSlot(_ words: CommandWords) -> ServerAnswer {
    let names = words.names
    guard names.count > 1 else { return .error(.syntaxError, "a slot without a name or plugin") }
    let exports = words.option("snapshot") == "export" || words.has("EXPORT_SNAPSHOT")
    let uses = words.option("snapshot") == "use" || words.has("USE_SNAPSHOT")
    let isTemporary = words.has("TEMPORARY")
    let pid = pid
    let made = database.state.withLock { state -> (SlotRecord, String?, DatabaseSnapshot)? in
      guard state.slots[names[0]] == nil else { return nil }
      var slot = SlotRecord(
        plugin: names[1], isTemporary: isTemporary,
        isTwoPhase: words.option("two_phase") == "true",
        isFailover: words.option("failover") == "true", at: state.written)
      // A temporary slot is the session's from the beginning.
      if isTemporary { slot.activePID = pid }
      state.slots[names[0]] = slot
      return (slot, exports ? state.export() : nil, state.snapshot)
    }
    guard let (slot, name, snapshot) = made else { return .slotExists(names[0]) }
    if let name { exported = name }
    if uses { self.snapshot = snapshot }
    return .rows(
      ["slot_name", "consistent_point", "snapshot_name", "output_plugin"],
      [[names[0], "\(slot.confirmedFlush)", name, slot.plugin]])
  }
}

extension ServerAnswer {
  static func slotExists(_ name: String) -> ServerAnswer {
    .error(.duplicateObject, "replication slot \"\(name)\" already exists")
  }

  static func slotMissing(_ name: String) -> ServerAnswer {
    .error(.undefinedObject, "replication slot \"\(name)\" does not exist")
  }

  static func slotActive(_ name: String, _ pid: Int32) -> ServerAnswer {
    .error(.objectInUse, "replication slot \"\(name)\" is active for PID \(pid)")
  }
}
