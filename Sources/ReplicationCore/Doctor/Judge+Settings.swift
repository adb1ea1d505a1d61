internal import CDCTime

/// Settings that stop or break a stream although slot, role and publication are right.
extension Judge {
  /// Slots of standbys that have to confirm before a slot with failover delivers anything.
  ///
  /// Since server 17.
  var standbySlots: [Finding] {
    let names = Self.names(in: facts.settings["synchronized_standby_slots"] ?? "")
    return names.compactMap { name in
      guard let why = obstacle(of: name) else { return nil }
      let isAffected = facts.slots.contains { health in
        health.slot.isFailover == true && (slot == nil || health.slot.name == slot)
      }
      return Finding(
        isAffected ? .problem : .warning, "standby-slots", "server",
        "synchronized_standby_slots names \(name), \(why)",
        why: "slots made for failover deliver nothing until that slot has confirmed it",
        fix: "ALTER SYSTEM SET synchronized_standby_slots = "
          + Self.list(names.filter { $0 != name }) + "; SELECT pg_reload_conf(); "
          + "-- or start the standby that uses the slot")
    }
  }

  private func obstacle(of name: String) -> String? {
    guard let health = facts.slots.first(where: { $0.slot.name == name }) else {
      return "and there is no such slot"
    }
    if health.slot.kind != .physical { return "which is a logical slot, and never confirms" }
    if health.slot.isLost { return "which is lost" }
    return health.slot.isActive ? nil : "which is not in use"
  }

  /// The names in a list; names of slots contain nothing that has to be quoted.
  private static func names(in list: String) -> [String] {
    list.split { $0 == "," || $0 == " " }.map { String($0.filter { $0 != "\"" }) }
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "''" : names.map(Literal.quote).joined(separator: ", ")
  }

  /// Since server 17.
  var transactionTimeouts: [Finding] {
    facts.transactionTimeouts.map { setting in
      let role = setting.role.map(Identifier.quote)
      let database = setting.database.map(Identifier.quote)
      let place =
        switch (role, database) {
        case (let role?, let database?): "role \(role) in database \(database)"
        case (let role?, nil): "role \(role)"
        case (nil, let database?): "database \(database)"
        case (nil, nil): "the server"
        }
      let fix =
        switch (role, database) {
        case (let role?, let database?):
          "ALTER ROLE \(role) IN DATABASE \(database) RESET transaction_timeout;"
        case (let role?, nil): "ALTER ROLE \(role) RESET transaction_timeout;"
        case (nil, let database?): "ALTER DATABASE \(database) RESET transaction_timeout;"
        case (nil, nil): "ALTER ROLE \(Identifier.quote(facts.user)) SET transaction_timeout = 0;"
        }
      return Finding(
        .warning, "transaction-timeout", "role",
        "transaction_timeout is \(setting.value) for \(place)",
        why: "a transaction that takes longer to be sent is restarted again and again (SQLSTATE "
          + "25P04) by every session that does not switch it off for itself", fix: fix)
    }
  }

  var encoding: [Finding] {
    guard facts.encoding == "SQL_ASCII" else { return [] }
    return [
      Finding(
        .warning, "encoding", "database \(facts.database)", "its encoding is SQL_ASCII",
        why:
          "the server does not check what is stored: a stream and a snapshot in UTF-8 end at the "
          + "first byte that is not valid there (SQLSTATE 22021)",
        fix: "-- find and correct such values, or move the data to a database in UTF8")
    ]
  }

  /// Tables in which a snapshot would not see all rows.
  var rowSecurity: [Finding] {
    facts.rowSecurity.map { table in
      let name = "\(Identifier.quote(table.schema)).\(Identifier.quote(table.name))"
      return Finding(
        .warning, "row-security", "table \(name)",
        "row security hides rows of it from \(facts.user)",
        why: "a stream delivers all rows, and a snapshot of this role is refused (SQLSTATE 42501)",
        fix: "ALTER ROLE \(Identifier.quote(facts.user)) BYPASSRLS; -- or let it own the table")
    }
  }
}
