/// Why a certificate is not accepted.
public struct CertificateProblem: Hashable, Sendable {
  /// What is wrong, by kind.
  public let kind: Kind
  /// OpenSSL's words for it.
  public let reason: String
  /// Whose certificate it is.
  public let subject: String
  /// Who signed it.
  public let issuer: String
  /// The time at which it expired or becomes valid, if that is the problem.
  public let time: String?

  /// The kinds of problems.
  @nonexhaustive public enum Kind: Hashable, Sendable {
    /// Its time is over.
    case expired
    /// Its time has not begun.
    case notYetValid
    /// No authority that is trusted signed it.
    case unknownAuthority
    /// It is signed by itself, and is not trusted.
    case selfSigned
    /// It was revoked.
    case revoked
    /// No list of revoked certificates of that authority is available.
    case noRevocationList
    /// Something else; see ``CertificateProblem/reason``.
    case other
  }
}

extension CertificateProblem: CustomStringConvertible {
  public var description: String { words.displayed }

  private var words: String {
    let whose = "the server's certificate can't be trusted: "
    let what: String =
      switch kind {
      case .expired: "it expired\(at(" on "))"
      case .notYetValid: "it is not valid yet\(at(", only from "))"
      case .unknownAuthority:
        "no authority in sslrootcert signed it (it names \(issuer))"
      case .selfSigned: "it is signed by itself, and is not in sslrootcert"
      case .revoked: "it was revoked"
      case .noRevocationList: "no list of revoked certificates (CRL) is available for \(issuer)"
      case .other: reason
      }
    return whose + what + " [\(subject)]"
  }

  private func at(_ word: String) -> String { time.map { word + $0 } ?? "" }
}
