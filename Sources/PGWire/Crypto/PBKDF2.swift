import CReplicationOpenSSL

/// PBKDF2 with HMAC-SHA-256, to 32 bytes, done in steps.
///
/// The server chooses the number of iterations, which may mean seconds of work. OpenSSL's own
/// function can't be interrupted; here the caller checks its deadline between two steps.
///
///     U1 = HMAC(password, salt | 0 0 0 1)    Un = HMAC(password, Un-1)    result = U1 xor U2 xor …
///
/// One thread at a time may use it. Its contents are overwritten when the last reference is
/// released.
///
/// Standard: RFC 8018, section 5.2
@safe package final class PBKDF2: @unchecked Sendable {
  /// SHA-256 after the first block of HMAC's inner and outer hash, which every iteration begins
  /// with.
  private let inner: OpaquePointer
  private let outer: OpaquePointer
  private let work: OpaquePointer
  private var block: [UInt8]
  private var sum: [UInt8]
  private var remaining: Int32

  /// Does the first iteration.
  package init(
    password: Span<UInt8>, salt: Span<UInt8>, iterations: Int32
  ) throws(CryptoError) {
    var salted = salt.copied() + [0, 0, 0, 1]
    defer { wipe(&salted) }
    var key = password.count > Self.blockSize ? try Digest.sha256(password) : password.copied()
    defer { wipe(&key) }
    block = try Digest.hmacSHA256(key: password, salted.span)
    sum = block.map { $0 }
    remaining = max(iterations, 1) - 1
    ERR_clear_error()
    guard let inner = unsafe EVP_MD_CTX_new(), let outer = unsafe EVP_MD_CTX_new(),
      let work = unsafe EVP_MD_CTX_new()
    else { throw .latest("PBKDF2") }
    unsafe self.inner = inner
    unsafe self.outer = outer
    unsafe self.work = work
    unsafe try Self.begin(inner, key, pad: 0x36)
    unsafe try Self.begin(outer, key, pad: 0x5C)
  }

  deinit {
    wipe(&block)
    wipe(&sum)
    unsafe EVP_MD_CTX_free(inner)
    unsafe EVP_MD_CTX_free(outer)
    unsafe EVP_MD_CTX_free(work)
  }

  /// Does some more iterations.
  ///
  /// - Returns: Whether all iterations are done.
  package func run(_ count: Int32) throws(CryptoError) -> Bool {
    let now = min(count, remaining)
    guard now > 0 else { return remaining == 0 }
    ERR_clear_error()
    for _ in 0..<now {
      guard unsafe hash(from: inner), unsafe hash(from: outer) else { throw .latest("PBKDF2") }
      for index in sum.indices { sum[index] ^= block[index] }
    }
    remaining -= now
    return remaining == 0
  }

  /// The derived key, once all iterations are done.
  package var result: SecretBytes { SecretBytes(sum.map { $0 }) }

  /// Bytes that SHA-256 takes at a time.
  private static let blockSize = 64

  @unsafe private static func begin(
    _ context: OpaquePointer, _ key: [UInt8], pad: UInt8
  ) throws(CryptoError) {
    var padded = [UInt8](repeating: pad, count: blockSize)
    defer { wipe(&padded) }
    for index in key.indices { padded[index] ^= key[index] }
    guard unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1,
      unsafe EVP_DigestUpdate(context, padded, padded.count) == 1
    else { throw .latest("PBKDF2") }
  }

  /// Hashes the block behind what a context has taken, in place.
  @unsafe private func hash(from start: OpaquePointer) -> Bool {
    guard unsafe EVP_MD_CTX_copy_ex(work, start) == 1,
      unsafe EVP_DigestUpdate(work, block, block.count) == 1
    else { return false }
    return unsafe block.withUnsafeMutableBufferPointer {
      unsafe EVP_DigestFinal_ex(work, $0.baseAddress, nil) == 1
    }
  }
}
