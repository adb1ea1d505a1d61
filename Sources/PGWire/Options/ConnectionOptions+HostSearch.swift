/// One host that was tried, and why it was not to be had.
public struct HostFailure<Failure: Error & Hashable & Sendable>: Hashable, Sendable {
  /// The host and port, or the socket's path.
  public let host: String
  /// What happened.
  public let error: Failure

  package init(host: String, error: Failure) {
    self.host = host
    self.error = error
  }
}

extension HostFailure: CustomStringConvertible {
  public var description: String { words.displayed }

  private var words: String {
    let text = "\(error)"
    return text.contains(host) ? text : "\(host): \(text)"
  }
}

/// An error of connecting that says whether the next host is worth a try.
package protocol HostError: Error, Hashable, Sendable {
  /// Whether another host may do: nobody is there, or it is not the kind of server that is wanted.
  ///
  /// As in libpq a wrong password or a server that breaks the protocol ends it all.
  var leavesOtherHosts: Bool { get }
  /// The error that tells of all hosts.
  static func allFailed(_ failures: [HostFailure<Self>]) -> Self
}

extension ConnectionOptions {
  /// Tries the hosts until one will do.
  ///
  /// For `prefer-standby` they are gone through twice: for a standby first, and then for any.
  ///
  /// - Parameter attempt: Connects to the only host of the options, and checks what kind it is.
  package func firstHost<Found: ~Copyable, Failure: HostError>(
    _ attempt: (ConnectionOptions, TargetSession) throws(Failure) -> Found
  ) throws(Failure) -> Found {
    let indices = Array(hosts.indices)
    let order = hostOrder == .random ? indices.shuffled() : indices
    let passes: [TargetSession] =
      targetSession == .preferStandby ? [.standby, .any] : [targetSession]
    var failures: [HostFailure<Failure>] = []
    for target in passes {
      failures = []
      for index in order {
        do throws(Failure) {
          return try attempt(pinned(toHost: index), target)
        } catch {
          failures.append(HostFailure(host: "\(hosts[index].endpoint)", error: error))
          guard error.leavesOtherHosts else { throw Self.summary(failures) }
        }
      }
    }
    throw Self.summary(failures)
  }

  /// The only failure itself, and several as a list.
  private static func summary<Failure: HostError>(_ failures: [HostFailure<Failure>]) -> Failure {
    failures.count == 1 ? failures[0].error : .allFailed(failures)
  }
}

/// What `target_session_attrs` asks about a server.
///
/// Since server 14 it tells by itself: ParameterStatus of `in_hot_standby` and
/// `default_transaction_read_only`. Older ones are asked.
package struct SessionKind: Sendable {
  package var isStandby: Bool?
  package var isReadOnly: Bool?

  package init(isStandby: Bool? = nil, isReadOnly: Bool? = nil) {
    self.isStandby = isStandby
    self.isReadOnly = isReadOnly
  }

  /// What the server has told by itself.
  package init(parameter: (String) -> String?) {
    isStandby = parameter("in_hot_standby").map { $0 == "on" }
    if let isStandby, let isReadOnly = parameter("default_transaction_read_only") {
      self.isReadOnly = isReadOnly == "on" || isStandby
    }
  }

  /// Whether it will do, or what it has to be asked to find that out.
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

  /// A question for a server that does not tell by itself.
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
