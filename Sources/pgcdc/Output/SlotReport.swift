internal import PGWire
internal import ReplicationCore

/// A slot for people and for programs, under the names of `pg_replication_slots`.
struct SlotReport {
  private let slot: ReplicationSlot

  init(_ slot: ReplicationSlot) {
    self.slot = slot
  }

  /// Name and value of each column, `nil` for NULL.
  var fields: [(name: String, value: String?)] {
    columns.map { (name: $0.name, value: $0.text) }
  }

  /// One object with the columns in their order.
  var json: String {
    var output: [UInt8] = []
    for column in columns {
      output.append(json: output.isEmpty ? "{" : ",")
      output.append(string: column.name)
      output.append(json: ":")
      switch column.text {
      case nil: output.append(json: "null")
      case .some(let text) where column.isText: output.append(string: text)
      case .some(let text): output.append(json: text)
      }
    }
    output.append(json: "}")
    return String(decoding: output, as: UTF8.self)
  }

  /// A table of slots, a header line first.
  static func table(_ slots: [ReplicationSlot]) -> [String] {
    let reports = slots.map(SlotReport.init)
    let names = [
      "slot_name", "plugin", "database", "active_pid", "confirmed_flush_lsn", "wal_status",
    ]
    let rows = reports.map { report in
      names.map { name in report.columns.first { $0.name == name }?.text ?? "-" }
    }
    let widths = names.indices.map { index in
      ([names] + rows).map { $0[index].count }.max() ?? 0
    }
    return ([names] + rows).map { row in
      let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }

  private var columns: [(name: String, text: String?, isText: Bool)] {
    [
      ("slot_name", slot.name, true),
      ("plugin", slot.plugin, true),
      ("slot_type", slot.kind, true),
      ("database", slot.database, true),
      ("temporary", "\(slot.isTemporary)", false),
      ("active", "\(slot.isActive)", false),
      ("active_pid", slot.activePID.map(String.init), false),
      ("restart_lsn", slot.restartLSN?.description, true),
      ("confirmed_flush_lsn", slot.confirmedFlushLSN?.description, true),
      ("wal_status", slot.walStatus, true),
    ]
  }
}
