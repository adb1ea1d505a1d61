internal import CDCTime
internal import PGWire
internal import ReplicationCore

/// A checkpoint for people and for programs.
struct CheckpointReport {
  private let checkpoint: Checkpoint

  init(_ checkpoint: Checkpoint) {
    self.checkpoint = checkpoint
  }

  /// One object: the position and whose it is, then the tables.
  var json: JSONValue {
    .object(members + [("tables", .array(tables.map(Self.json)))])
  }

  /// A line for each thing that is known, then one for each table.
  var lines: [ScreenText] {
    var lines = members.compactMap { name, value -> ScreenText? in
      switch value {
      case .null: nil
      case .string(let text): "\(name): \(text)"
      default: "\(name): \(value.text)"
      }
    }
    if !tables.isEmpty {
      let whole = tables.count { $0.wholeFrom != nil }
      lines.append("tables: \(whole) whole, \(tables.count - whole) being read")
    }
    return lines + tables.map(Self.line)
  }

  private var tables: [IncrementalState.Table] { checkpoint.incremental?.tables ?? [] }

  private var members: [(String, JSONValue)] {
    let (state, last) = (checkpoint.slotState, checkpoint.lastTransaction)
    return [
      ("position", .string("\(checkpoint.position)")),
      ("transaction_end", .optional(checkpoint.transactionEnd.map { "\($0)" })),
      ("transaction_xid", .optional(last?.xid)),
      ("transaction_time", .optional(last?.time.iso8601UTC)),
      ("system_identifier", .string(checkpoint.systemID)),
      ("timeline", .integer(Int64(checkpoint.timeline))),
      ("from_standby", .bool(checkpoint.isFromStandby)),
      ("server_version", .optional(checkpoint.serverVersion)),
      ("slot_name", .string(checkpoint.slot)), ("plugin", .optional(state.plugin)),
      ("datoid", .optional(state.databaseOID)),
      ("restart_lsn", .optional(state.restartLSN.map { "\($0)" })),
      ("sent_bytes", .optional(state.sentBytes)),
      ("sent_bytes_since", .optional(state.countedSince?.iso8601UTC)),
      ("initial_snapshot", .optional(checkpoint.snapshot?.rawValue)),
      ("user_data_bytes", .integer(Int64(checkpoint.userData.count))),
      ("resnapshot", resnapshot),
    ]
  }

  /// The tables that `--resnapshot` has asked for.
  private var resnapshot: JSONValue {
    guard let asked = ResnapshotMemory.asked(in: checkpoint.userData), !asked.tables.isEmpty else {
      return .null
    }
    return .object([
      ("tag", .string(asked.tag)), ("tables", .array(asked.tables.map(JSONValue.string))),
    ])
  }
}

// MARK: - Tables

extension CheckpointReport {
  private static func json(_ table: IncrementalState.Table) -> JSONValue {
    .object([
      ("oid", .integer(Int64(table.oid))),
      ("state", .string(table.wholeFrom == nil ? "reading" : "whole")),
      ("whole_from", .optional(table.wholeFrom.map { "\($0)" })),
      ("key", .array((table.ranges.first?.keys.columns ?? []).map(JSONValue.string))),
      ("ranges", .array(table.ranges.map(json))),
    ])
  }

  private static func json(_ range: IncrementalState.Range) -> JSONValue {
    .object([
      ("state", .string(name(range.stage))), ("until", .optional(position(range.stage))),
      ("start", json(range.keys.start)), ("end", json(range.keys.end)),
    ])
  }

  private static func json(_ bound: SnapshotKeyRange.Bound?) -> JSONValue {
    guard let bound else { return .null }
    return .object([
      ("values", .array(bound.values.map(JSONValue.string))),
      ("inclusive", .bool(bound.isInclusive)),
    ])
  }

  private static func line(_ table: IncrementalState.Table) -> ScreenText {
    if let position = table.wholeFrom { return "table \(table.oid): whole from \(position)" }
    let key = table.ranges.first?.keys.columns.joined(separator: ", ") ?? ""
    let ranges = table.ranges.map { range -> ScreenText in
      let until = position(range.stage).map { " until \($0)" } ?? ""
      return "\n  \(name(range.stage))\(until): \(range.keys)"
    }
    let title: ScreenText =
      key.isEmpty
      ? "table \(table.oid): being read, as one range" : "table \(table.oid): being read, by \(key)"
    return ranges.reduce(title) { $0 + $1 }
  }

  private static func name(_ stage: IncrementalState.Stage) -> String {
    switch stage {
    case .unread: "unread"
    case .delivered: "delivered"
    case .done: "done"
    case .cancelled: "cancelled"
    @unknown default: "unknown"
    }
  }

  private static func position(_ stage: IncrementalState.Stage) -> String? {
    if case .delivered(let position) = stage { "\(position)" } else { nil }
  }
}
