/// How a connection is encrypted.
///
/// A server's certificate is always verified, and its name compared with the host that was asked
/// for. A connection is also encrypted if the server demands it.
public struct NATSTLS: Hashable, Sendable {
  /// Whether a server that offers no TLS is refused.
  ///
  /// URLs with `tls://` set it.
  public var isRequired = false
  /// A file of certificates (PEM) of those who may have signed the server's.
  ///
  /// By default they are those that OpenSSL has.
  public var certificateAuthorities: String?
  /// A file with a certificate (PEM) that shows the server who we are, and the file with its key.
  public var certificate: (file: String, keyFile: String)? {
    get {
      guard let certificateFile, let keyFile else { return nil }
      return (certificateFile, keyFile)
    }
    set { (certificateFile, keyFile) = (newValue?.file, newValue?.keyFile) }
  }
  /// The name that the server's certificate must have, if it is not the host's.
  public var serverName: String?

  private var certificateFile: String?
  private var keyFile: String?

  /// As the server wants it.
  public init() {}
}
