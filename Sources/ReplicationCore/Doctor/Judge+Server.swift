internal import CDCTime

/// Judges the facts of the doctor.
///
/// Pure: the same facts give the same findings.
struct Judge: Sendable {
  let facts: DoctorFacts
  /// The slot that matters; `nil` if none was named.
  let slot: String?
  let publications: [String]
  let plugin: String
  let statusInterval: Duration

  var findings: [Finding] {
    // A table in several publications is not reported for each.
    var seen: Set<Finding> = []
    let all =
      connection + role + settings + capacity + streamTimeout + transactions + refused
      + publicationFindings + tableFindings + rowSecurity + slotFindings + otherSlots
    return all.filter { seen.insert($0).inserted }
  }

  private var connection: [Finding] {
    let session = facts.connection
    var findings = [
      Finding(
        .fine, "server", "server",
        "PostgreSQL \(facts.server)\(facts.isStandby ? ", a standby" : "")"
          + (session.systemID.map { ", system \($0)" } ?? "")
          + (session.timeline.map { ", timeline \($0)" } ?? ""))
    ]
    let from = session.clientAddress.map { "from \($0)" } ?? "over a Unix socket"
    if let version = session.tlsVersion {
      let cipher = session.tlsCipher.map { " with \($0)" } ?? ""
      findings.append(Finding(.fine, "tls", "connection", "\(version)\(cipher), \(from)"))
    } else {
      findings.append(
        session.isLoopback
          ? Finding(.fine, "tls", "connection", "no TLS, \(from)")
          : Finding(
            .warning, "tls", "connection", "no TLS, \(from)",
            why: "rows and the authentication can be read and changed on the network",
            fix: "-- connect with sslmode=verify-full; on the server: ALTER SYSTEM SET ssl = on;"))
    }
    if let failure = session.replicationFailure {
      findings.append(
        Finding(
          .problem, "replication-connection", "connection",
          "a replication connection is refused: \(failure)",
          why: "streams use it",
          fix: "-- as the message says: a line in pg_hba.conf, ALTER ROLE … REPLICATION, or room"))
    } else if session.replicationWorks {
      findings.append(
        Finding(
          .fine, "replication-connection", "connection", "a replication connection is accepted"))
    }
    return findings + hba
  }

  private var hba: [Finding] {
    guard let rule = facts.connection.hbaRule else { return [] }
    let what = "accepted by line \(rule.line) of pg_hba.conf: \(rule.text)"
    let isRemote = !facts.connection.isLoopback
    switch rule.method {
    case "trust" where isRemote:
      return [
        Finding(
          .warning, "hba", "connection", what,
          why: "anyone who can reach the server is accepted as any role that the line names",
          fix: "-- in pg_hba.conf: scram-sha-256 in place of trust; then SELECT pg_reload_conf();")
      ]
    case "password" where isRemote && facts.connection.tlsVersion == nil:
      return [
        Finding(
          .warning, "hba", "connection", what, why: "the password goes over the network in clear",
          fix: "-- in pg_hba.conf: hostssl … scram-sha-256; then SELECT pg_reload_conf();")
      ]
    case "md5" where facts.server >= 18:
      return [
        Finding(
          .note, "hba", "connection", what, why: "MD5 passwords are deprecated since server 18",
          fix: "SET password_encryption = 'scram-sha-256'; -- then set the role's password again")
      ]
    default: return [Finding(.fine, "hba", "connection", what)]
    }
  }

  private var role: [Finding] {
    var findings: [Finding] = []
    let name = Identifier.quote(facts.user)
    if facts.isSuperuser {
      findings.append(
        Finding(
          .note, "role", "role", "\(facts.user) is a superuser",
          why: "replication needs only the attribute REPLICATION and, for snapshots, SELECT",
          fix: "CREATE ROLE replicator LOGIN REPLICATION;"))
    } else if facts.mayReplicate || facts.connection.replicationWorks {
      findings.append(Finding(.fine, "role", "role", "\(facts.user) may replicate"))
    } else {
      findings.append(
        Finding(
          .problem, "role", "role", "\(facts.user) has no attribute REPLICATION",
          why: "it can neither create slots nor stream", fix: "ALTER ROLE \(name) REPLICATION;"))
    }
    if !facts.seesSessions {
      findings.append(
        Finding(
          .note, "role-statistics", "role", "\(facts.user) does not see other roles' sessions",
          why: "sessions that hold or block a slot show only their process and application_name",
          fix: "GRANT pg_read_all_stats TO \(name);"))
    }
    return findings
  }

  private var settings: [Finding] {
    walLevel + outputPlugins + walKeepSize + standbySlots + transactionTimeouts + encoding
  }

  private var walLevel: [Finding] {
    let level = facts.settings["wal_level"] ?? ""
    let effective = facts.settings["effective_wal_level"]
    if level == "logical" || effective == "logical" {
      let shown = effective.map { $0 == level ? "" : ", in effect \($0)" } ?? ""
      return [Finding(.fine, "wal-level", "server", "wal_level is \(level)\(shown)")]
    }
    if facts.server >= 19, level == "replica" {
      return [
        Finding(
          .note, "wal-level", "server", "wal_level is replica, in effect \(effective ?? level)",
          why: "the first logical slot raises it, and waits for a checkpoint for that")
      ]
    }
    return [
      Finding(
        .problem, "wal-level", "server", "wal_level is \(level)",
        why: "unless it is logical, no logical slot can be created or streamed from",
        fix: "ALTER SYSTEM SET wal_level = 'logical'; -- then restart the server")
    ]
  }

  private var outputPlugins: [Finding] {
    guard let allowed = facts.settings["output_plugin_libraries"] else { return [] }
    let names = allowed.split { $0 == "," || $0 == " " }.map {
      $0.filter { $0 != "\"" && $0 != "'" }
    }
    if names.contains(plugin) || names.contains("*") { return [] }
    let more = names + [plugin]
    return [
      Finding(
        .problem, "output-plugin", "server",
        "output_plugin_libraries is \(allowed), without \(plugin)",
        why: "the server refuses to load the plugin (SQLSTATE 42501)",
        fix: "ALTER SYSTEM SET output_plugin_libraries = "
          + more.map(Literal.quote).joined(separator: ", ") + "; SELECT pg_reload_conf();")
    ]
  }

  private var walKeepSize: [Finding] {
    guard let megabytes = facts.setting("max_slot_wal_keep_size") else { return [] }
    if megabytes < 0 {
      return [
        Finding(
          .warning, "wal-keep-size", "server", "max_slot_wal_keep_size is -1: there is no limit",
          why: "a slot that is not streamed from fills the disk, and the server stops",
          fix: "ALTER SYSTEM SET max_slot_wal_keep_size = '50GB'; SELECT pg_reload_conf();")
      ]
    }
    return [
      Finding(
        .fine, "wal-keep-size", "server",
        "slots keep at most \(megabytes) MB of WAL (max_slot_wal_keep_size)")
    ]
  }

  private var capacity: [Finding] {
    let slots = facts.slots.count
    var findings = room(
      "max_replication_slots", used: Int64(slots),
      needed: slot == nil || facts.slots.contains { $0.slot.name == slot } ? 0 : 1,
      what: "replication slots")
    let mine: Int64 = facts.slots.contains { $0.slot.name == slot && $0.slot.isActive } ? 0 : 1
    findings += room(
      "max_wal_senders", used: facts.walSendersUsed, needed: mine, what: "walsenders")
    return findings
  }

  /// What `max_wal_senders` and `max_replication_slots` may be at most (`MAX_BACKENDS`).
  private static let mostBackends: Int64 = 0x3FFFF

  private func room(_ setting: String, used: Int64, needed: Int64, what: String) -> [Finding] {
    guard let limit = facts.setting(setting) else { return [] }
    let text = "\(used) of \(limit) \(what) are in use"
    let id = setting.split(separator: "_").joined(separator: "-")
    // These settings have a maximum, so twice the server's value is capped.
    let more = min(max(limit.multipliedSaturating(by: 2), 10), Self.mostBackends)
    let fix = "ALTER SYSTEM SET \(setting) = \(more); -- then restart the server"
    let left = limit.subtractingSaturating(used)
    if left < needed {
      return [
        Finding(
          .problem, id, "server", text, why: "there is none left for this stream", fix: fix)
      ]
    }
    if left <= 1 {
      return [
        Finding(.warning, id, "server", text, why: "hardly any are left for others", fix: fix)
      ]
    }
    return [Finding(.fine, id, "server", text)]
  }

  private var streamTimeout: [Finding] {
    guard let milliseconds = facts.setting("wal_sender_timeout") else { return [] }
    if milliseconds == 0 {
      return [
        Finding(
          .warning, "wal-sender-timeout", "server", "wal_sender_timeout is off",
          why: "a client that has vanished holds its slot until TCP gives up, perhaps for hours",
          fix: "ALTER SYSTEM SET wal_sender_timeout = '60s'; SELECT pg_reload_conf();")
      ]
    }
    let timeout = Duration.milliseconds(milliseconds)
    let interval = min(statusInterval, timeout / 3)
    let what = "wal_sender_timeout is \(milliseconds) ms; feedback goes out every \(interval)"
    if timeout < .seconds(3) {
      return [
        Finding(
          .warning, "wal-sender-timeout", "server", what,
          why: "a short pause of the network or the machine ends the stream",
          fix: "ALTER SYSTEM SET wal_sender_timeout = '60s'; SELECT pg_reload_conf();")
      ]
    }
    return [Finding(.fine, "wal-sender-timeout", "server", what)]
  }

  private var transactions: [Finding] {
    facts.openTransactions.map { transaction in
      let age = Amounts.time(transaction.age)
      let why = "slots keep all WAL since it began, and no new slot is created until it ends"
      if let session = transaction.session {
        return Finding(
          .warning, "long-transaction", "server",
          "a transaction has been open for \(age): \(session)", why: why,
          fix: "SELECT pg_terminate_backend(\(session.pid));")
      }
      let name = transaction.preparedName ?? ""
      return Finding(
        .warning, "prepared-transaction", "server",
        "transaction '\(name)' has been prepared for \(age), and neither committed nor rolled back",
        why: why,
        fix: "COMMIT PREPARED \(Literal.quote(name)); -- or ROLLBACK PREPARED, in its database")
    }
  }

  private var refused: [Finding] {
    facts.refused.map { refused in
      Finding(
        .note, "not-seen", "role", "\(refused.what) could not be looked at: \(refused.why)",
        why: "problems there can't be detected",
        fix: "GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO \(Identifier.quote(facts.user)); "
          + "GRANT SELECT ON pg_hba_file_rules TO \(Identifier.quote(facts.user));")
    }
  }
}
