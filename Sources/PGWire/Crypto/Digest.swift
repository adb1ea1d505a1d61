import CReplicationOpenSSL

/// The hashes of authentication, done by OpenSSL.
///
/// Together with the files of `Transport/`, the one place that calls it.
package enum Digest {
  package static let sha256Size = 32

  package static func sha256(_ data: Span<UInt8>) throws(CryptoError) -> [UInt8] {
    unsafe try digest(data, EVP_sha256(), size: sha256Size, operation: "SHA-256")
  }

  /// MD5, which is still needed for passwords that are not stored as SCRAM secrets.
  ///
  /// - Throws: ``CryptoError`` where policy forbids MD5 (FIPS).
  package static func md5(_ data: Span<UInt8>) throws(CryptoError) -> [UInt8] {
    unsafe try digest(data, EVP_md5(), size: 16, operation: "MD5")
  }

  package static func hmacSHA256(
    key: Span<UInt8>, _ data: Span<UInt8>
  ) throws(CryptoError) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: sha256Size)
    ERR_clear_error()
    let isDone = unsafe key.withUnsafeBufferPointer { key in
      unsafe data.withUnsafeBufferPointer { data in
        unsafe output.withUnsafeMutableBufferPointer { output in
          unsafe HMAC(
            EVP_sha256(), key.baseAddress, CInt(clamping: key.count), data.baseAddress, data.count,
            output.baseAddress, nil) != nil
        }
      }
    }
    guard isDone else { throw .latest("HMAC-SHA-256") }
    return output
  }

  /// Whether both are equal; the time that this takes does not reveal where they differ.
  ///
  /// Different lengths are noticed immediately; they are not secret here.
  package static func constantTimeEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    return unsafe left.withUnsafeBufferPointer { left in
      unsafe right.withUnsafeBufferPointer { right in
        unsafe CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count) == 0
      }
    }
  }

  private static func digest(
    _ data: Span<UInt8>, _ algorithm: OpaquePointer?, size: Int, operation: String
  ) throws(CryptoError) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: size)
    ERR_clear_error()
    let isDone = unsafe data.withUnsafeBufferPointer { data in
      unsafe output.withUnsafeMutableBufferPointer { output in
        unsafe EVP_Digest(data.baseAddress, data.count, output.baseAddress, nil, algorithm, nil)
          == 1
      }
    }
    guard isDone else { throw .latest(operation) }
    return output
  }
}
