/// A limit of ``ConnectionLimits`` that a server exceeded.
@nonexhaustive public enum ExceededLimit: String, Hashable, Sendable {
  case resultSize
  case parameterCount
  case parameterBytes
  case startupNoticeCount
  case startupNoticeBytes
}

extension ExceededLimit: CustomStringConvertible {
  /// What is counted.
  public var description: String {
    switch self {
    case .resultSize: "bytes in the result of one query"
    case .parameterCount: "settings that it reports"
    case .parameterBytes: "bytes in the settings that it reports"
    case .startupNoticeCount: "notices before the session is ready"
    case .startupNoticeBytes: "bytes of notices before the session is ready"
    }
  }
}
