internal import ChangeSinks
internal import PGWire

/// The names of a stream and of what is in it.
struct StreamNames: Hashable, Sendable {
  let stream: String
  let prefix: String

  /// - Throws: A fatal error for a name that no stream can have.
  init(_ options: NATSOptions, slot: String) throws(SinkError) {
    stream = options.stream.name ?? slot
    prefix = options.stream.subjectPrefix ?? stream
    guard Self.isName(stream) else {
      throw SinkError(
        engine: options.engineName, .fatal,
        "\"\(stream)\" can't be a stream's name: use letters, digits, hyphens and underscores")
    }
    let tokens = prefix.split(separator: ".", omittingEmptySubsequences: false)
    guard tokens.allSatisfy({ Self.isName(String($0)) }) else {
      throw SinkError(
        engine: options.engineName, .fatal,
        "\"\(prefix)\" can't begin subjects: use letters, digits, hyphens, underscores, and dots "
          + "between them")
    }
  }

  /// The subjects of all records.
  var records: String { "\(prefix).>" }

  /// The subject of the stored checkpoint, which no topic can lead to.
  var checkpoint: String { "\(prefix)-checkpoint" }

  /// The subject for a topic.
  ///
  /// What a subject can't have becomes an underscore: spaces, control characters, `*`, `>`, and
  /// nothing between two dots.
  func subject(for topic: String) -> String {
    let tokens = topic.split(separator: ".", omittingEmptySubsequences: false).map { token in
      token.isEmpty ? "_" : String(String.UnicodeScalarView(token.unicodeScalars.map(Self.allowed)))
    }
    return "\(prefix).\(tokens.joined(separator: "."))"
  }

  private static func allowed(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar {
    case "*", ">", "\u{7F}": "_"
    case _ where scalar.value <= 0x20 || scalar.properties.isWhitespace: "_"
    default: scalar
    }
  }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }
}
