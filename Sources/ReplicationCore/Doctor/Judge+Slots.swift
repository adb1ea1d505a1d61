internal import CDCTime

extension Judge {
  var slotFindings: [Finding] {
    guard let slot else { return [] }
    let subject = "slot \(slot)"
    guard let health = facts.slots.first(where: { $0.slot.name == slot }) else {
      return [
        Finding(
          .problem, "slot-missing", subject, "it does not exist",
          why: "no WAL is kept for the stream: changes written now are lost to it",
          fix: "SELECT pg_create_logical_replication_slot(\(Literal.quote(slot)), "
            + "\(Literal.quote(plugin)));")
      ]
    }
    let drop =
      "SELECT pg_drop_replication_slot(\(Literal.quote(slot))); -- then create it again, "
      + "and take a new snapshot"
    if health.slot.isLost {
      let reason = health.slot.invalidation.map { ": \($0)" } ?? ""
      return [
        Finding(
          .problem, "slot-lost", subject, "it is lost\(reason)",
          why: "it can never be streamed from again, and changes it had not delivered are lost",
          fix: drop)
      ]
    }
    return fit(health, subject, drop) + danger(health, subject) + use(health, subject)
      + spills(of: slot, subject)
  }

  private func fit(_ health: SlotHealth, _ subject: String, _ drop: String) -> [Finding] {
    let differences = health.slot.differences(
      plugin: plugin, database: facts.database, temporary: health.slot.isTemporary,
      options: SlotOptions())
    return differences.map {
      Finding(
        .problem, "slot-kind", subject, $0, why: "it can't be streamed from like this", fix: drop)
    }
  }

  private func danger(_ health: SlotHealth, _ subject: String) -> [Finding] {
    let retained =
      health.retainedBytes.map { "keeps \(Amounts.bytes($0)) of WAL" } ?? "keeps no WAL"
    let lag = health.lagBytes.map { "; \(Amounts.bytes($0)) are not acknowledged" } ?? ""
    guard let loss = health.expectedLoss else {
      return [Finding(.fine, "slot-lag", subject, "it \(retained)\(lag)")]
    }
    let cause = loss.cause.rawValue
    let fix =
      loss.cause == .walSize
      ? "ALTER SYSTEM SET max_slot_wal_keep_size = -1; SELECT pg_reload_conf(); "
        + "-- and let the client catch up"
      : "ALTER SYSTEM SET idle_replication_slot_timeout = 0; SELECT pg_reload_conf(); "
        + "-- or start the client"
    if loss.after == .zero {
      return [
        Finding(
          .problem, "slot-expiring", subject, "it will be lost at the next checkpoint (\(cause))",
          why: "it \(retained)\(lag), and the WAL it needs is no longer kept", fix: fix)
      ]
    }
    let severity = severity(of: loss, health)
    let what =
      "it \(retained)\(lag); at this rate it is lost in "
      + "\(Amounts.time(loss.after)) (\(cause))"
    return [
      severity == .fine
        ? Finding(.fine, "slot-lag", subject, what)
        : Finding(
          severity, "slot-expiring", subject, what,
          why: "a lost slot can never be streamed from again", fix: fix)
    ]
  }

  /// A momentary rate says little about the next hours: while much is left it does not count.
  private func severity(of loss: SlotHealth.ExpectedLoss, _ health: SlotHealth) -> Finding.Severity
  {
    if loss.cause == .walSize {
      let left = UInt64(clamping: health.slot.safeWALSize ?? 0)
      let used = health.retainedBytes ?? 0
      if used < left / 4 { return .fine }
      if used < left, loss.after < .seconds(3600) { return .warning }
    }
    return loss.after < .seconds(3600)
      ? .problem : loss.after < .seconds(86_400) ? .warning : .fine
  }

  private func use(_ health: SlotHealth, _ subject: String) -> [Finding] {
    var findings: [Finding] = []
    if health.slot.isActive {
      let who = health.holder.map(\.description) ?? "an unknown session"
      findings.append(
        Finding(
          .note, "slot-held", subject, "it is in use by \(who)\(progress(health))",
          why: "no other session can stream from it",
          fix: health.holder.map { "SELECT pg_terminate_backend(\($0.pid));" }))
    }
    if health.slot.isSynced == true, facts.isStandby {
      findings.append(
        Finding(
          .problem, "slot-synced", subject, "it is a copy of the primary's slot",
          why: "it can't be streamed from before this standby is promoted: use the primary"))
    } else if health.slot.isFailover == false, !facts.isStandby {
      findings.append(
        Finding(
          .note, "slot-failover", subject, "standbys keep no copy of it",
          why: "after a failover it is gone",
          fix: "-- pgcdc slot alter --slot \(health.slot.name) --failover on"))
    } else if health.slot.isFailover == true {
      findings.append(Finding(.fine, "slot-failover", subject, "standbys may keep a copy of it"))
    }
    return findings
  }

  /// Slots that seem to be unused, and hold back WAL for all.
  var otherSlots: [Finding] {
    facts.slots.compactMap { health in
      let other = health.slot
      guard other.name != slot, !other.isActive, other.isSynced != true else { return nil }
      let subject = "slot \(other.name)"
      let drop = "SELECT pg_drop_replication_slot(\(Literal.quote(other.name)));"
      if other.isLost {
        return Finding(
          .warning, "slot-orphaned", subject,
          "it is lost\(other.invalidation.map { ": \($0)" } ?? "")",
          why: "it uses up one of max_replication_slots and is useless", fix: drop)
      }
      let idle = other.inactiveSince.map(facts.now.microseconds(since:)) ?? 0
      let retained = health.retainedBytes ?? 0
      guard idle > Self.longIdle || retained > Self.muchWAL else { return nil }
      return Finding(
        .warning, "slot-orphaned", subject,
        "no session streams from it"
          + (other.inactiveSince.map { " since \($0.iso8601UTC)" } ?? "")
          + ", and it keeps \(Amounts.bytes(retained)) of WAL",
        why: "a forgotten slot fills the disk and keeps dead rows of the catalogs",
        fix: "\(drop) -- if it is not needed")
    }
  }

  /// A day, in microseconds.
  private static let longIdle: Int64 = 86_400_000_000
  /// A gibibyte.
  private static let muchWAL: UInt64 = 1 << 30
}
