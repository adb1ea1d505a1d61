import Testing

@testable import PGWire

/// Our reading of connection strings beside that of libpq, the library that this is linked with.
@Suite struct ConninfoTests {
  @Test func `knows every keyword of libpq`() {
    #expect(LibPQ.keywords.subtracting(ConnectionKey.named.keys).isEmpty)
    #expect(LibPQ.keywords.count > 30)
  }

  /// Thousands of strings mean the same to both, or are refused by both.
  ///
  /// The one difference that we want: an `@` that libpq would take for a piece of a host, or of a
  /// database in a URI without a user, is refused. It is nearly always a piece of a password.
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `reads strings as libpq does`(seed: UInt64) {
    // What a newer libpq does is known; an older one that lacks keywords can't be asked for them.
    let keywords = LibPQ.keywords.sorted()
    var strings = ConnectionStrings(
      seed: seed, keywords: keywords, spacesInURIs: LibPQ.version >= 180_000)
    var counts = (read: 0, refused: 0, strayAtSigns: 0)
    for _ in 0..<5_000 {
      let text = strings.comparable()
      let theirs = LibPQ.read(text)
      let ours: [String: [UInt8]]?
      do throws(ConnectionOptionsError) {
        ours = try Self.values(of: text)
      } catch {
        if case .malformed(.strayAtSign) = error, theirs != nil {
          #expect(text.contains("@"))
          counts.strayAtSigns += 1
          continue
        }
        ours = nil
      }
      guard ours == theirs else {
        Issue.record("\(text.debugDescription): ours \(ours as Any), libpq's \(theirs as Any)")
        continue
      }
      if ours == nil { counts.refused += 1 } else { counts.read += 1 }
    }
    // Neither side of the comparison may run dry.
    #expect(counts.read > 1_000, "\(counts)")
    #expect(counts.refused > 1_000, "\(counts)")
    #expect(counts.strayAtSigns < 1_000, "\(counts)")
  }

  /// All that a string says, by the names of the keys.
  private static func values(of text: String) throws(ConnectionOptionsError) -> [String: [UInt8]] {
    var settings = try ConnectionSettings(text)
    var values: [String: [UInt8]] = [:]
    for key in ConnectionKey.all { values[key.name] = settings.take(key) }
    return values
  }

  /// Where options as a whole differ from libpq's on purpose, each by a string that libpq takes.
  @Test(
    arguments: [
      ("user=u", .missingHost), ("host='' user=u", .missingHost), ("host=h", .missingUser),
      ("host=h user=u replication=database", .reservedKey("replication")),
      ("host=h user=u gssencmode=require", .unsupportedKey("gssencmode", accepted: [])),
      ("host=h user=u port=x", .invalidValue("port", expected: "")),
      ("host=h user=u client_encoding=SJIS", .invalidValue("client_encoding", expected: "")),
      ("host=@abstract user=u", .invalidValue("host", expected: "")),
      ("postgresql://%ff@h", .invalidValue("user", expected: "")),
    ] as [(String, ConnectionOptionsError)])
  func `differs where it must`(text: String, expected: ConnectionOptionsError) {
    #expect(LibPQ.read(text) != nil)
    let error = #expect(throws: ConnectionOptionsError.self) {
      try ConnectionOptions(text, files: .none)
    }
    switch (error, expected) {
    case (.invalidValue(let one, _)?, .invalidValue(let other, _)): #expect(one == other)
    case (.unsupportedKey(let one, _)?, .unsupportedKey(let other, _)): #expect(one == other)
    default: #expect(error == expected)
    }
  }
}
