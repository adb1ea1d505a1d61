/// A limit of ``ConnectionLimits`` that a server exceeded.
@nonexhaustive public enum ExceededLimit: String, Hashable, Sendable {
  /// The result of a query is larger than ``ConnectionLimits/resultSize``.
  case resultSize
  /// The server reports more settings than ``ConnectionLimits/parameterCount``.
  case parameterCount
  /// The reported settings are larger than ``ConnectionLimits/parameterBytes``.
  case parameterBytes
  /// There are more notices at startup than ``ConnectionLimits/startupNoticeCount``.
  case startupNoticeCount
  /// The notices at startup are larger than ``ConnectionLimits/startupNoticeBytes``.
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
