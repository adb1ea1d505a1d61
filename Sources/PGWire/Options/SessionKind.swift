/// What `target_session_attrs` asks about a server.
///
/// Since server 14 it reports this by itself: ParameterStatus of `in_hot_standby` and
/// `default_transaction_read_only`. Older ones are asked.
package struct SessionKind: Sendable {
  package var isStandby: Bool?
  package var isReadOnly: Bool?

  package init(isStandby: Bool? = nil, isReadOnly: Bool? = nil) {
    self.isStandby = isStandby
    self.isReadOnly = isReadOnly
  }

  /// What the server has reported by itself.
  package init(parameter: (String) -> String?) {
    isStandby = parameter("in_hot_standby").map { $0 == "on" }
    if let isStandby, let isReadOnly = parameter("default_transaction_read_only") {
      self.isReadOnly = isReadOnly == "on" || isStandby
    }
  }

  /// Whether the server is acceptable, or the question that decides it.
  package func judge(_ target: TargetSession) -> Verdict {
    switch target {
    case .any, .preferStandby: .fits
    case .readWrite: verdict(isReadOnly, wanted: false, .isReadOnly)
    case .readOnly: verdict(isReadOnly, wanted: true, .isReadOnly)
    case .primary: verdict(isStandby, wanted: false, .isStandby)
    case .standby: verdict(isStandby, wanted: true, .isStandby)
    }
  }

  private func verdict(_ fact: Bool?, wanted: Bool, _ question: Question) -> Verdict {
    guard let fact else { return .ask(question) }
    return fact == wanted ? .fits : .differs
  }

  package enum Verdict: Equatable, Sendable {
    case fits
    case differs
    case ask(Question)
  }

  /// A question for a server that does not report it by itself.
  package enum Question: Equatable, Sendable {
    case isReadOnly
    case isStandby

    /// The statement whose only value is the answer.
    package var sql: StaticString {
      switch self {
      case .isReadOnly: "SHOW transaction_read_only"
      case .isStandby: "SELECT pg_catalog.pg_is_in_recovery()"
      }
    }

    /// What is known once the server has answered.
    package func answered(_ value: String?) -> SessionKind? {
      switch (self, value) {
      case (.isReadOnly, "on"): SessionKind(isReadOnly: true)
      case (.isReadOnly, "off"): SessionKind(isReadOnly: false)
      case (.isStandby, "t"): SessionKind(isStandby: true)
      case (.isStandby, "f"): SessionKind(isStandby: false)
      default: nil
      }
    }
  }
}
