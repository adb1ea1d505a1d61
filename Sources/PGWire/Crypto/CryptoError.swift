/// A cryptographic function that OpenSSL would not perform.
///
/// It is never about the data: a policy (FIPS) forbids the function, or memory ran out.
package struct CryptoError: Error, Hashable, Sendable {
  /// What was asked for: `MD5`.
  package let operation: String
  /// What OpenSSL says about it; may be empty.
  package let reason: String
}
