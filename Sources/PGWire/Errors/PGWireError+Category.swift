extension PGWireError {
  /// What can be done about it.
  ///
  /// A cancellation counts as fatal: the caller who cancelled does not want another try.
  public var category: ErrorCategory {
    switch self {
    case .transport(.cancelled): .fatal
    case .transport(.tls(let error)): error.category
    case .transport, .wrongSession: .transient
    case .server(let error), .refusedBothWays(let error, _): error.category
    case .authentication, .settingIgnored, .protocolTooOld: .needsOperator
    case .noHost(let failures): .leastGrave(failures.map(\.error.category))
    case .options, .wire, .limitExceeded, .unexpectedMessage, .unsupported, .busy, .closed: .fatal
    }
  }
}

extension TLSError {
  /// A broken connection may work again on the next attempt; certificates and settings need a
  /// person.
  fileprivate var category: ErrorCategory {
    switch self {
    case .failed: .transient
    case .unexpectedAnswer: .fatal
    case .refused: .transient
    default: .needsOperator
    }
  }
}
