/// A version of the frontend/backend protocol: `min_protocol_version` and `max_protocol_version`.
@nonexhaustive public enum WireProtocolVersion: String, Hashable, Sendable, CaseIterable, Comparable
{
  /// Supported by every server.
  case v30 = "3.0"
  /// Longer keys for cancelling queries; since server 18.
  case v32 = "3.2"

  /// The newest version.
  public static let latest = WireProtocolVersion.v32

  /// As in a StartupMessage: the major version shifted by 16, and the minor one.
  package var code: Int32 {
    switch self {
    case .v30: 3 << 16
    case .v32: 3 << 16 | 2
    }
  }

  public static func < (one: WireProtocolVersion, other: WireProtocolVersion) -> Bool {
    one.code < other.code
  }
}
