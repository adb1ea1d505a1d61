import PGOutput
import PGWire
import ReplicationCore

/// Why the mirror can't go on.
enum MirrorError: Error, CustomStringConvertible {
  case rowMissing(RowChange)
  case noIdentity(RowChange)
  case notCommitted(Transaction.Kind)
  case unknownChange
  case slotWithoutFile(String)

  var description: String {
    switch self {
    case .rowMissing(let change):
      "\(change.place): the row that was changed is not in the mirror. Was it in the table before "
        + "the slot was made, or has somebody else written to the file? To begin anew, drop the "
        + "slot, remove the file, and empty the table or fill it after the slot was made"
    case .noIdentity(let change):
      "\(change.place): nothing tells which row was changed; the table needs a primary key, or "
        + "REPLICA IDENTITY FULL"
    case .notCommitted(let kind):
      "the slot delivers \(kind), since it was made for prepared transactions; use another slot"
    case .slotWithoutFile(let slot):
      "the slot \"\(slot)\" exists already, and the file holds nothing of it: what it has delivered "
        + "so far will not come again. Drop the slot to begin anew, or name another file or slot"
    case .unknownChange: "the stream has brought a kind of change that is not known here"
    }
  }
}

extension RowChange {
  fileprivate var place: String { "\(relation.qualifiedName) at \(lsn)" }
}
