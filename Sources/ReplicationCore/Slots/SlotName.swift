/// A replication slot's name, checked before anything is sent.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/warm-standby.html#STREAMING-REPLICATION-SLOTS-MANIPULATION>
struct SlotName: Hashable, Sendable {
  let text: String

  /// - Throws: ``ReplicationError/invalidParameter(_:)`` unless it is 1 to 63 of `a-z`, `0-9`, `_`.
  init(_ text: String) throws(ReplicationError) {
    let isRight =
      (1...63).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
          UInt8(ascii: "_"):
          true
        default: false
        }
      }
    guard isRight else {
      throw .invalidParameter(
        "\"\(text)\" can't be a replication slot's name: 1 to 63 lower-case letters, digits and "
          + "underscores")
    }
    self.text = text
  }
}

extension Identifier {
  init(_ name: SlotName) {
    text = name.text
  }
}

extension Literal {
  init(_ name: SlotName) {
    text = name.text
  }
}
