internal import ChangeSinks
internal import PGWire

/// A server's answer that a command has failed.
///
/// Its first word says why: `WRONGTYPE`, or `ERR` if there is no word for it.
struct RedisErrorReply: Hashable, Sendable {
  /// The first word.
  let code: String
  /// All of it.
  let text: String

  init(_ text: String) {
    self.text = text
    code = Self.code(of: text)
  }

  /// What passes when a server has started, a failover is over, or a script has ended.
  private static let transient: Set<String> = [
    "LOADING", "READONLY", "MASTERDOWN", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "NOREPLICAS",
    "UNBLOCKED",
  ]

  /// What to do about the others.
  private static let advice = [
    "OOM": "the server's maxmemory is reached; raise it, or limit the streams with maximumLength",
    "MISCONF": "the server can't write to its disk",
    "NOAUTH": "the server asks for a password",
    "WRONGPASS": "check the user and the password",
    "NOPERM": "the user's ACL does not allow it",
    "DENIED": "the server takes connections from its own machine only (protected-mode)",
    "MOVED": "the keys are on another node of the cluster; connect to that one",
    "CROSSSLOT": "the keys must be in one slot of the cluster: put a {tag} into the prefix",
  ]

  private static let known = transient.union(advice.keys).union(["WRONGTYPE"])

  var category: ErrorCategory {
    if Self.transient.contains(code) { return .transient }
    return text.hasPrefix("ERR max number of clients") ? .transient : .needsOperator
  }

  /// The error of a sink.
  func error(of engine: String, _ what: String) -> SinkError {
    let advice = Self.advice[code].map { "; \($0)" } ?? ""
    return SinkError(engine: engine, category, "\(what): the server says: \(text)\(advice)")
  }

  /// Before version 7 an error within a script lies within another one:
  /// `ERR Error running script (call to f_…): @user_script:5: -OOM command not allowed …`.
  private static func code(of text: String) -> String {
    let first = firstWord(of: text[...])
    guard first == "ERR", text.contains("@user_script") else { return first }
    for part in text.split(separator: ": ") {
      let word = firstWord(of: part.hasPrefix("-") ? part.dropFirst() : part)
      if known.contains(word) { return word }
    }
    return first
  }

  private static func firstWord(of text: Substring) -> String {
    String(text.prefix { $0 != " " })
  }
}
