internal import PGWire

/// What may help when a range could not be read.
enum RangeRemedy: Hashable, Sendable {
  /// Another attempt, after a while: a lock was not free, or the connection was lost.
  case tryAgain
  /// To look the tables up again: this one is no longer what it was, or no longer there.
  case lookUpTables
  /// Nothing that could be done here.
  case none
}

extension ReplicationError {
  /// What may help when a range could not be read because of this.
  var rangeRemedy: RangeRemedy {
    switch self {
    case .snapshotRefused(.alteredWhileRead): return .lookUpTables
    // The session that had exported the snapshot of a table without a key has ended.
    case .snapshotRefused(.ended): return .tryAgain
    // The range is delivered again as another chunk.
    case .chunkInterrupted: return .none
    default: break
    }
    switch sqlState {
    case .lockNotAvailable, .queryCanceled: return .tryAgain
    default: return category == .transient ? .tryAgain : .none
    }
  }
}
