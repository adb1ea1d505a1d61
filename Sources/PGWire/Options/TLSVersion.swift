/// A version of TLS, with libpq's name.
@nonexhaustive public enum TLSVersion: String, Hashable, Sendable, CaseIterable, Comparable {
  /// TLS 1.0.
  case tls10 = "TLSv1"
  /// TLS 1.1.
  case tls11 = "TLSv1.1"
  /// TLS 1.2.
  case tls12 = "TLSv1.2"
  /// TLS 1.3.
  case tls13 = "TLSv1.3"

  public static func < (one: TLSVersion, other: TLSVersion) -> Bool {
    // "TLSv1" is the start of all the others, so the names sort as the versions do.
    one.rawValue < other.rawValue
  }
}
