extension ConnectionOptions {
  /// Refuses what is read and checked, but could not be kept yet.
  ///
  /// Everything that connects asks this first, so that no option is ignored in silence. What has no
  /// effect where it stands, such as a certificate with `sslmode=disable`, passes as in libpq.
  package func refuseNotDone() throws(PGWireError) {
    if tls.isRequired { throw .tlsNotSupported(tls.mode) }
    let isSet: [(key: ConnectionKey, isSet: Bool)] = [
      (.sslrootcert, usesTLS && tls.rootCertificates != nil),
      (.sslcert, usesTLS && tls.certificate != nil),
      (.sslkey, usesTLS && tls.privateKey != nil),
      (.sslpassword, usesTLS && tls.privateKeyPassword != nil),
      (.sslcertmode, tls.certificateMode == .require),
      (.sslcrl, usesTLS && tls.revocationList != nil),
      (.sslcrldir, usesTLS && tls.revocationDirectory != nil),
      (.channelBinding, authentication.channelBinding == .require),
      (.requireAuth, authentication.allowedMethods != nil),
      (.requirepeer, authentication.requiredPeer != nil),
      (.scramClientKey, authentication.scramClientKey != nil),
      (.scramServerKey, authentication.scramServerKey != nil),
      (.oauthIssuer, !authentication.oauth.isEmpty),
    ]
    for (key, isSet) in isSet where isSet {
      throw .options(.unsupportedKey(key.name, accepted: []))
    }
  }

  private var usesTLS: Bool { tls.mode != .disable }
}
