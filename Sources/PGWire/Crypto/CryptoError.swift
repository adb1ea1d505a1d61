import CReplicationOpenSSL

/// A cryptographic function that OpenSSL refused to perform.
///
/// The data is never the reason: a policy (FIPS) forbids the function, or memory ran out.
package struct CryptoError: Error, Hashable, Sendable {
  /// What was asked for: `MD5`.
  package let operation: String
  /// What OpenSSL says about it; may be empty.
  package let reason: String
}

extension CryptoError {
  /// The error for a call that has just failed, with OpenSSL's newest reason.
  static func latest(_ operation: String) -> CryptoError {
    let reason = unsafe ERR_reason_error_string(ERR_peek_last_error())
    return CryptoError(
      operation: operation, reason: unsafe reason.map { unsafe String(cString: $0) } ?? "")
  }
}
