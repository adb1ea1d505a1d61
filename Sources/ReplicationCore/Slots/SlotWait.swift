public import CDCTime
internal import PGWire

/// What the creation of a slot waits for, and who holds it up.
///
/// A slot can be made only where no transaction is open that began before. There is no limit to the
/// wait; cancel the task to end it.
public struct SlotWait: Hashable, Sendable {
  /// How long the creation has taken so far.
  public let elapsed: Duration
  /// What it waits for.
  public let reason: Reason
  /// Those who hold it up.
  public let blockers: [Blocker]

  /// What a slot's creation waits for.
  @nonexhaustive public enum Reason: Hashable, Sendable {
    /// Transactions that were open when it began.
    case transactions
    /// A checkpoint, which server 19 makes when it begins to log what decoding needs.
    case checkpoint
    /// A sign of life from the primary: this server is a standby.
    ///
    /// `pg_log_standby_snapshot()` on the primary gives one (server 16).
    case primary
    /// What the server calls it: wait_event_type and wait_event; empty if it works.
    case other(String)
  }

  /// Who holds a slot's creation up.
  @nonexhaustive public enum Blocker: Hashable, Sendable {
    /// A session with an open transaction.
    case session(ServerSession)
    /// A prepared transaction that nobody has committed or rolled back, by its identifier.
    case prepared(String, since: PostgresTimestamp?)
  }
}

extension SlotWait: CustomStringConvertible {
  public var description: String { words.displayed }

  private var words: String {
    let who = blockers.map(\.description).joined(separator: ", ")
    let what =
      switch reason {
      case .transactions:
        "transactions that are still open" + (who.isEmpty ? "" : ": \(who)")
      case .checkpoint: "a checkpoint"
      case .primary:
        "activity on the primary; SELECT pg_log_standby_snapshot() there ends the wait (server 16)"
      case .other(let event): event.isEmpty ? "the server, which is at it" : event
      }
    return "waiting for \(what)"
  }
}

extension SlotWait.Blocker: CustomStringConvertible {
  public var description: String { words.displayed }

  private var words: String {
    switch self {
    case .session(let session):
      "\(session)"
        + (session.transactionSince.map { ", in a transaction since \($0.iso8601UTC)" } ?? "")
    case .prepared(let name, let since):
      "the prepared transaction '\(name)'" + (since.map { " of \($0.iso8601UTC)" } ?? "")
    }
  }
}

extension ControlConnection {
  /// What the server's process waits for that makes a slot; `nil` if there is no such process.
  func slotWait(of pid: Int32, after elapsed: Duration) throws(ControlError) -> SlotWait? {
    let result = try query(
      """
      SELECT w.wait_event_type, w.wait_event, pg_catalog.pg_is_in_recovery() AS standby,
        x.gid, \(microsecondsOf: "x.prepared") AS prepared_us,
        a.pid, a.application_name, a.usename, a.datname,
        pg_catalog.host(a.client_addr) AS client_addr, a.client_port, a.backend_type, a.state,
        \(microsecondsOf: "a.backend_start") AS backend_start_us,
        \(microsecondsOf: "a.xact_start") AS xact_start_us
      FROM pg_catalog.pg_stat_activity AS w
      LEFT JOIN LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(w.pid)) AS b(pid) ON true
      LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid OPERATOR(pg_catalog.=) b.pid
      LEFT JOIN pg_catalog.pg_locks AS l
        ON b.pid OPERATOR(pg_catalog.=) 0 AND l.pid OPERATOR(pg_catalog.=) w.pid
          AND NOT l.granted AND l.locktype OPERATOR(pg_catalog.=) 'transactionid'
      LEFT JOIN pg_catalog.pg_prepared_xacts AS x
        ON x.transaction OPERATOR(pg_catalog.=) l.transactionid
      WHERE w.pid OPERATOR(pg_catalog.=) $1::pg_catalog.int4
      """, [String(pid)])
    guard !result.rows.isEmpty else { return nil }
    var blockers: [SlotWait.Blocker] = []
    for row in result.rows.indices {
      if let session = ServerSession({ result.value($0, row: row) }) {
        blockers.append(.session(session))
      } else if let gid = result.value("gid", row: row) {
        let since = result.value("prepared_us", row: row).flatMap { Int64($0) }
        blockers.append(.prepared(gid, since: since.map(PostgresTimestamp.init(unixMicroseconds:))))
      }
    }
    let event = [result.value("wait_event_type"), result.value("wait_event")]
      .compactMap(\.self).joined(separator: " ")
    let reason: SlotWait.Reason =
      if event.hasPrefix("Lock") || !blockers.isEmpty {
        .transactions
      } else if event.contains("Checkpoint") {
        .checkpoint
      } else if result.value("standby") == "t" {
        .primary
      } else {
        .other(event)
      }
    return SlotWait(elapsed: elapsed, reason: reason, blockers: blockers)
  }
}
