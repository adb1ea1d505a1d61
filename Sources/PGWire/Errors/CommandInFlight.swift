/// The command that the server was executing when it reported an error, if the meaning of the error
/// depends on it.
///
/// One SQLSTATE, and even one function in the server's source, can stand for several conditions;
/// the text that would distinguish them follows the server's `lc_messages`.
package enum CommandInFlight: Hashable, Sendable {
  /// The startup packet of a session that asks for replication.
  case walsenderStartup
  /// START_REPLICATION, and the stream that it opens.
  case startReplication
  /// CREATE_REPLICATION_SLOT.
  case createReplicationSlot

  /// The command that a text begins with; `nil` for all others.
  init?(of sql: String) {
    switch sql.split(maxSplits: 1, whereSeparator: \.isWhitespace).first {
    case "START_REPLICATION": self = .startReplication
    case "CREATE_REPLICATION_SLOT": self = .createReplicationSlot
    default: return nil
    }
  }

  /// What a startup packet asks for; `nil` for an ordinary session.
  init?(startup: [StartupParameter]) {
    guard startup.contains(where: { $0.name == "replication" }) else { return nil }
    self = .walsenderStartup
  }
}

extension CommandInFlight {
  /// Whether only a walsender understands it.
  var isForWalsender: Bool {
    switch self {
    case .startReplication, .createReplicationSlot: true
    case .walsenderStartup: false
    }
  }
}
