import COpenSSL

/// Random bytes that nobody can guess.
package enum Random {
  /// - Throws: ``CryptoError`` if OpenSSL's generator could not be seeded.
  package static func bytes(_ count: Int) throws(CryptoError) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: max(0, count))
    ERR_clear_error()
    let isDone = unsafe output.withUnsafeMutableBufferPointer { output in
      unsafe RAND_bytes(output.baseAddress, CInt(clamping: output.count)) == 1
    }
    guard isDone else { throw .latest("random bytes") }
    return output
  }
}

extension CryptoError {
  /// The error for a call that has just failed, with OpenSSL's newest reason.
  static func latest(_ operation: String) -> CryptoError {
    let reason = unsafe ERR_reason_error_string(ERR_peek_last_error())
    return CryptoError(
      operation: operation, reason: unsafe reason.map { unsafe String(cString: $0) } ?? "")
  }
}
