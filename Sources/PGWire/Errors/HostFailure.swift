/// One host that was tried, and why it could not be used.
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

/// An error of connecting that says whether to try the next host.
package protocol HostError: Error, Hashable, Sendable {
  /// Whether to try another host: nobody answers at this one, or it is not the wanted kind of
  /// server.
  ///
  /// As in libpq, a wrong password or a server that breaks the protocol ends the search.
  var leavesOtherHosts: Bool { get }
  /// The error that reports all hosts.
  static func allFailed(_ failures: [HostFailure<Self>]) -> Self
}
