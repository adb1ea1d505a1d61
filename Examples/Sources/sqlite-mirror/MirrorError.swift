import PGOutput
import PGWire
import ReplicationCore

/// Why the mirror can't go on.
enum MirrorError: Error, CustomStringConvertible {
  case rowMissing(RowChange)
  case noIdentity(RowChange)
  case notCommitted(ReplicationTransaction.Kind)
  case unknownChange
  case unknownItem

  var description: String {
    switch self {
    case .rowMissing(let change):
      "\(change.place): the row that was changed is not in the mirror. Has another program written to "
        + "the file? To have the table read again, start with --read-again \(change.table)"
    case .noIdentity(let change):
      "\(change.place): nothing tells which row was changed; the table needs a primary key, or "
        + "REPLICA IDENTITY FULL"
    case .notCommitted(let kind):
      "the slot delivers \(kind), since it was made for prepared transactions; use another slot"
    case .unknownChange: "the stream has brought a kind of change that is not known here"
    case .unknownItem: "the subscription has brought a kind of item that is not known here"
    }
  }
}

extension RowChange {
  fileprivate var table: String { relation.qualifiedName }
  fileprivate var place: String { "\(table) at \(lsn)" }
}
