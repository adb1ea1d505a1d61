/// A name in a command: `"name"`, with inner quotes doubled.
struct Identifier: Hashable, Sendable {
  let text: String

  var quoted: String { "\"\(text.doubling("\""))\"" }

  /// - Throws: ``ReplicationError/invalidParameter(_:)`` for a name that PostgreSQL can't have: an
  ///   empty one, one with a zero byte, or one over 63 bytes, which it would cut off.
  init(_ name: String) throws(ReplicationError) {
    guard (1...63).contains(name.utf8.count), !name.utf8.contains(0) else {
      throw .invalidParameter(
        "\"\(name)\" can't be a name in PostgreSQL: 1 to 63 bytes and no zero byte")
    }
    text = name
  }
}

extension Identifier {
  /// Quotes a name from the server, for SQL that is shown to a person.
  static func quote(_ name: String) -> String { "\"\(name.doubling("\""))\"" }
}
