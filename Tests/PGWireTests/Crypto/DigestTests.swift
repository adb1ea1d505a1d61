import PGWire
import Testing

@Suite struct DigestTests {
  @Test(
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
  func `hashes with SHA-256`(text: String, expected: String) throws {
    let digest = try Digest.sha256(text.utf8.span)
    #expect(hex(digest) == expected)
  }

  @Test(
    arguments: [
      ("", "d41d8cd98f00b204e9800998ecf8427e"), ("abc", "900150983cd24fb0d6963f7d28e17f72"),
    ])
  func `hashes with MD5`(text: String, expected: String) throws {
    let digest = try Digest.md5(text.utf8.span)
    #expect(hex(digest) == expected)
  }

  /// RFC 4231, test case 2, and the empty key and text.
  @Test(
    arguments: [
      (
        "Jefe", "what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
      ),
      ("", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
    ])
  func `authenticates with HMAC`(key: String, text: String, expected: String) throws {
    let code = try Digest.hmacSHA256(key: key.utf8.span, text.utf8.span)
    #expect(hex(code) == expected)
  }

  /// The keys of RFC 7677's example, recomputed.
  @Test func `derives the keys of SCRAM`() throws {
    let encodedSalt = "W22ZaJ0SNY7soEsUEjb6gQ=="
    let decodedSalt = Base64.decode(encodedSalt.utf8.span)
    let salt = try #require(decodedSalt)
    let hashing = try PBKDF2(password: "pencil".utf8.span, salt: salt.span, iterations: 4096)
    #expect(try hashing.run(4096))
    let salted = hashing.result.withBytes { $0.copied() }
    #expect(hex(salted) == "c4a49510323ab4f952cac1fa99441939e78ea74d6be81ddf7096e87513dc615d")
    let clientKey = try Digest.hmacSHA256(key: salted.span, "Client Key".utf8.span)
    #expect(hex(clientKey) == "a60fc923d67e8644a92d16b96eda5ef4656b0c725c484374be25535576996e8b")
    let storedKey = try Digest.sha256(clientKey.span)
    #expect(hex(storedKey) == "586e5df283e6dceb5c3e791d8b8528ec191e664045ce971792e2e6b5bb13e2a6")
    let serverKey = try Digest.hmacSHA256(key: salted.span, "Server Key".utf8.span)
    #expect(hex(serverKey) == "c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5")
  }

  @Test func `compares`() {
    let bytes: [UInt8] = [1, 2, 3]
    let others: [[UInt8]] = [[1, 2, 4], [1, 2], []]
    let isEqual = Digest.constantTimeEqual(bytes.span, bytes.span)
    #expect(isEqual)
    for other in others {
      let isEqual = Digest.constantTimeEqual(bytes.span, other.span)
      #expect(!isEqual)
    }
  }

  @Test func `makes as many random bytes as asked for`() throws {
    #expect(Random.bytes(0).isEmpty)
    #expect(Random.bytes(32).count == 32)
    #expect(Random.bytes(32) != Random.bytes(32))
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
