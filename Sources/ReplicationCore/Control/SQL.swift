internal import PGWire

/// A command for a walsender, or a statement with names in it, which can't be parameters.
///
/// Nothing can break out of its place: it is written as a string, but takes no strings. Names go in
/// as ``Identifier``, values as ``Literal``, and both quote themselves.
///
///     "START_REPLICATION SLOT \(Identifier(slot)) LOGICAL \(lsn)"
///
/// Grammar: <https://www.postgresql.org/docs/current/protocol-replication.html>
struct ReplicationCommand: ExpressibleByStringInterpolation, Sendable {
  let text: String

  init(stringLiteral text: StaticString) {
    self.text = text.description
  }

  init(stringInterpolation: StringInterpolation) {
    text = stringInterpolation.text
  }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) {}

    mutating func appendLiteral(_ literal: StaticString) { text += literal.description }
    mutating func appendInterpolation(_ words: StaticString) { text += words.description }
    mutating func appendInterpolation(_ name: Identifier) { text += name.quoted }
    mutating func appendInterpolation(_ value: Literal) { text += value.quoted }
    mutating func appendInterpolation(_ part: ReplicationCommand) { text += part.text }
    mutating func appendInterpolation(_ parts: [ReplicationCommand]) {
      text += parts.map(\.text).joined(separator: ", ")
    }
    /// SQL that the caller of the library has written, as a row filter is.
    mutating func appendInterpolation(callersSQL text: String) { self.text += text }
    /// A setting's name or value as a string literal, which no quote or backslash is in.
    mutating func appendInterpolation(nameOf setting: PinnedSetting) { text += "'\(setting.name)'" }
    mutating func appendInterpolation(valueOf setting: PinnedSetting) {
      text += "'\(setting.value)'"
    }
    mutating func appendInterpolation(columnOf setting: PinnedSetting) {
      text += "\"\(setting.name)\""
    }
    /// Microseconds since 1970 of a `timestamptz`; `NULL` for `NULL`.
    mutating func appendInterpolation(microsecondsOf time: StaticString) {
      text += "(pg_catalog.date_part('epoch', \(time)) "
      text += "OPERATOR(pg_catalog.*) '1000000'::pg_catalog.float8)::pg_catalog.int8"
    }
    mutating func appendInterpolation(_ number: UInt32) { text += String(number) }
    mutating func appendInterpolation(_ lsn: LSN) { text += lsn.description }
    mutating func appendInterpolation(_ options: [PluginOption]) {
      text += options.map { "\($0.name.quoted) \($0.value.quoted)" }.joined(separator: ", ")
    }
  }
}

/// A name in a command: `"name"`, with inner quotes doubled.
struct Identifier: Hashable, Sendable {
  let text: String

  init(_ name: SlotName) {
    text = name.text
  }

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

/// A value in a command: `'value'`, with inner quotes doubled.
///
/// Backslashes mean themselves.
struct Literal: Hashable, Sendable {
  let text: String

  var quoted: String { "'\(text.doubling("'"))'" }

  init(_ name: SlotName) {
    text = name.text
  }

  /// - Throws: ``ReplicationError/invalidParameter(_:)`` for text with a zero byte.
  init(_ text: String) throws(ReplicationError) {
    guard !text.utf8.contains(0) else {
      throw .invalidParameter("a value for the server can't hold a zero byte")
    }
    self.text = text
  }

  /// The names as one value, the form of the option `publication_names`.
  init(list names: [String]) throws(ReplicationError) {
    var quoted: [String] = []
    for name in names { quoted.append(try Identifier(name).quoted) }
    try self.init(quoted.joined(separator: ","))
  }
}

extension Identifier {
  /// A name that the server gave, for SQL that a person is shown.
  static func quote(_ name: String) -> String { "\"\(name.doubling("\""))\"" }
}

extension Literal {
  /// A value that the server gave, for SQL that a person is shown.
  static func quote(_ text: String) -> String { "'\(text.doubling("'"))'" }
}

extension String {
  /// Scalar by scalar: a quote with an accent behind it is one `Character`, and ends the text too.
  fileprivate func doubling(_ quote: Unicode.Scalar) -> String {
    var result = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      if scalar == quote { result.append(quote) }
      result.append(scalar)
    }
    return String(result)
  }
}
