public import CDCTime
internal import PGWire

/// What the creation of a slot waits for, and what blocks it.
///
/// A slot can be created only once no earlier transaction is still open. The wait has no timeout
/// while the server is busy with it; cancel the task to end it.
public struct SlotWait: Hashable, Sendable {
  /// How long the creation has taken so far.
  public let elapsed: Duration
  /// What it waits for.
  public let reason: Reason
  /// The sessions and transactions that block it.
  public let blockers: [Blocker]
  /// Whether the server's process waits for its client, and so is not busy with the creation: it
  /// has answered, or was never asked.
  var isOver = false

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
    /// Another wait, as the server names it: `wait_event_type` and `wait_event`; empty if the
    /// server is working.
    case other(String)
  }

  /// What blocks a slot's creation.
  @nonexhaustive public enum Blocker: Hashable, Sendable {
    /// A session with an open transaction.
    case session(ServerSession)
    /// A prepared transaction that was neither committed nor rolled back, by its identifier.
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
      case .other(let event): event.isEmpty ? "the server" : event
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

extension ControlQuery<SlotWait?> {
  /// What the server process that creates a slot waits for; `nil` if there is no such process.
  static func slotWait(of pid: Int32, after elapsed: Duration) -> Self {
    Self(
      """
      SELECT w.wait_event_type, w.wait_event, w.backend_type AS kind,
        pg_catalog.pg_is_in_recovery() AS standby,
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
      WHERE w.pid OPERATOR(pg_catalog.=) \(value: String(pid))::pg_catalog.int4
      """
    ) { rows in
      rows.isEmpty ? nil : SlotWait(rows, after: elapsed)
    }
  }
}

extension SlotWait {
  /// - Parameter rows: One row for each blocker, each with what the process waits for.
  fileprivate init(_ rows: [ResultRow], after elapsed: Duration) {
    self.elapsed = elapsed
    blockers = rows.compactMap { row in
      ServerSession(row).map(Blocker.session)
        ?? row["gid"].map { .prepared($0, since: row.time("prepared_us")) }
    }
    let kind = rows.first?["wait_event_type"]
    let event = rows.first?["wait_event"]
    // The process that a pooler names may be anybody's.
    isOver =
      rows.first?["kind"] == "walsender" && kind == "Client"
      && (event == "ClientRead" || event == "ClientWrite")
    reason =
      if kind == "Lock" || !blockers.isEmpty {
        .transactions
      } else if event?.contains("Checkpoint") == true {
        .checkpoint
      } else if rows.first?.flag("standby") == true {
        .primary
      } else {
        .other([kind, event].compactMap(\.self).joined(separator: " "))
      }
  }
}
