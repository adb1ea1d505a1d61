/// Where the certificates of trusted authorities come from.
@nonexhaustive public enum RootCertificates: Hashable, Sendable {
  /// A file of certificates in PEM.
  case file(String)
  /// What the operating system, or OpenSSL as it is installed, trusts: `system`.
  case system
}

extension RootCertificates {
  /// The file, if it is one.
  var path: String? {
    if case .file(let path) = self { path } else { nil }
  }
}
