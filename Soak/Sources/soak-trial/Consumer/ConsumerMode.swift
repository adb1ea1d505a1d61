import ArgumentParser
import ReplicationCore

/// How a consumer takes a stream.
enum ConsumerMode: String, CaseIterable, ExpressibleByArgument {
  /// Whole transactions; what is prepared comes when it is, where the server can do that.
  case transactions
  /// Tables are read while the stream runs, also those that are published later.
  case incremental
  /// Large transactions are staged while they are in progress.
  case provisional
  /// Whole transactions, into a file that has the checkpoint: the process may be killed.
  case resume

  var slot: String { "soak_\(rawValue)" }

  var publications: [String] {
    switch self {
    case .incremental: [SoakTables.publication, SoakTables.otherPublication, "soak_late"]
    default: [SoakTables.publication, SoakTables.otherPublication]
    }
  }

  /// Whether its slot is made for prepared transactions.
  func usesTwoPhase(_ version: Int, failover: Bool) -> Bool {
    // Servers refuse slots that are both.
    guard version >= 15, !failover else { return false }
    switch self {
    case .transactions, .provisional: return true
    case .incremental, .resume: return false
    }
  }

  func streaming(_ version: Int) -> ReplicationParams.Streaming {
    if version < 14 { return .off }
    return self == .transactions && version >= 16 ? .parallel : .on
  }
}
