import PGWire
import Testing

@Suite struct PBKDF2Tests {
  /// RFC 7914, section 11, and the vectors of RFC 6070 with SHA-256.
  static let vectors: [(password: String, salt: String, iterations: Int32, key: String)] = [
    (
      "passwd", "salt", 1, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
    ),
    (
      "password", "salt", 2, "ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43"
    ),
    (
      "password", "salt", 4096, "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a"
    ),
  ]

  @Test(arguments: vectors.indices, [1, 2, 1000, 4096, Int32.max])
  func `derives the same key in steps of any size`(index: Int, step: Int32) throws {
    let vector = Self.vectors[index]
    let hashing = try PBKDF2(
      password: vector.password.utf8.span, salt: vector.salt.utf8.span,
      iterations: vector.iterations)
    var steps = 0
    while try !hashing.run(step) { steps += 1 }
    #expect(steps == (Int(vector.iterations) - 2) / Int(step) || vector.iterations == 1)
    let key = hashing.result.withBytes { $0.copied() }
    #expect(key.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == vector.key)
  }

  /// HMAC hashes a key that is longer than a block.
  @Test func `takes a password longer than a block`() throws {
    let long = String(repeating: "x", count: 65)
    let hashed = try Digest.sha256(long.utf8.span)
    let (one, other) = (
      try PBKDF2(password: long.utf8.span, salt: "s".utf8.span, iterations: 3),
      try PBKDF2(password: hashed.span, salt: "s".utf8.span, iterations: 3)
    )
    #expect(try one.run(2) && other.run(2))
    #expect(one.result == other.result)
    let exact = try PBKDF2(
      password: String(repeating: "x", count: 64).utf8.span, salt: "s".utf8.span, iterations: 3)
    #expect(try exact.run(2))
    #expect(exact.result != one.result)
  }
}
