/// A limit of ``ConnectionLimits`` that a server went beyond.
@nonexhaustive public enum ExceededLimit: String, Hashable, Sendable {
  case resultSize
  case parameterCount
  case parameterBytes
  case startupNoticeCount
  case startupNoticeBytes
}

extension ExceededLimit: CustomStringConvertible {
  /// What there was too much of: its name, and what is counted.
  public var description: String {
    switch self {
    case .resultSize: "bytes in the result of one query"
    case .parameterCount: "settings that it reports of itself"
    case .parameterBytes: "bytes in the settings that it reports of itself"
    case .startupNoticeCount: "notices before the session is ready"
    case .startupNoticeBytes: "bytes of notices before the session is ready"
    }
  }
}
