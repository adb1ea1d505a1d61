internal import PGWire

/// SQL, or a command for a walsender: fixed text with names and values in it.
///
/// SQL injection is impossible: it is written as a string literal, but does not interpolate
/// strings. Names go in as ``Identifier``, values of commands as ``Literal``, and both quote
/// themselves. The values of a ``ControlQuery`` go in with the label `value`; over libpq they are
/// bound parameters.
///
///     "START_REPLICATION SLOT \(Identifier(slot)) LOGICAL \(lsn)"
///     "SELECT 1 FROM pg_catalog.pg_class WHERE relname OPERATOR(pg_catalog.=) \(value: name)"
///
/// Grammar: <https://www.postgresql.org/docs/current/protocol-replication.html>
struct SQL: ExpressibleByStringInterpolation, Sendable {
  fileprivate enum Part: Sendable {
    case words(String)
    /// A value of a query.
    case value(String)
    /// A value that is quoted in any case.
    case literal(String)
  }

  private let parts: [Part]

  init(stringLiteral text: StaticString) {
    parts = [.words(text.description)]
  }

  init(stringInterpolation: StringInterpolation) {
    parts = stringInterpolation.parts
  }

  /// All of it as text, its values quoted.
  var text: String {
    parts.reduce(into: "") { text, part in
      switch part {
      case .words(let words): text += words
      case .value(let value), .literal(let value): text += Literal.quote(value)
      }
    }
  }

  /// The text with `$1`, `$2` and so on in place of the values, and these values.
  var bound: (text: String, values: [String]) {
    parts.reduce(into: ("", [])) { bound, part in
      switch part {
      case .words(let words): bound.text += words
      case .value(let value):
        bound.values.append(value)
        bound.text += "$\(bound.values.count)"
      case .literal(let value): bound.text += Literal.quote(value)
      }
    }
  }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var parts: [Part] = []

    init(literalCapacity: Int, interpolationCount: Int) {}

    private mutating func append(_ words: String) {
      if case .words(let last)? = parts.last {
        parts[parts.count - 1] = .words(last + words)
      } else {
        parts.append(.words(words))
      }
    }

    mutating func appendLiteral(_ literal: StaticString) { append(literal.description) }
    mutating func appendInterpolation(_ words: StaticString) { append(words.description) }
    mutating func appendInterpolation(_ name: Identifier) { append(name.quoted) }
    mutating func appendInterpolation(_ value: Literal) { parts.append(.literal(value.text)) }
    /// A value of a query, as text.
    mutating func appendInterpolation(value: String) { parts.append(.value(value)) }
    /// An array of numbers.
    mutating func appendInterpolation(values numbers: [UInt32]) {
      parts.append(.value("{\(numbers.map(String.init).joined(separator: ","))}"))
    }
    mutating func appendInterpolation(_ part: SQL) { parts += part.parts }
    mutating func appendInterpolation(_ list: [SQL]) {
      for (index, part) in list.enumerated() {
        if index > 0 { append(", ") }
        parts += part.parts
      }
    }
    /// SQL written by the caller of the library, such as a row filter.
    mutating func appendInterpolation(callersSQL text: String) { append(text) }
    /// A setting's name or value as a string literal; it contains no quote or backslash.
    mutating func appendInterpolation(nameOf setting: PinnedSetting) { append("'\(setting.name)'") }
    mutating func appendInterpolation(valueOf setting: PinnedSetting) {
      append("'\(setting.value)'")
    }
    mutating func appendInterpolation(columnOf setting: PinnedSetting) {
      append("\"\(setting.name)\"")
    }
    /// Microseconds since 1970 of a `timestamptz`; `NULL` for `NULL`.
    mutating func appendInterpolation(microsecondsOf time: StaticString) {
      append("(pg_catalog.date_part('epoch', \(time)) ")
      append("OPERATOR(pg_catalog.*) '1000000'::pg_catalog.float8)::pg_catalog.int8")
    }
    mutating func appendInterpolation(_ number: UInt32) { append(String(number)) }
    mutating func appendInterpolation(_ lsn: LSN) { append(lsn.description) }
    mutating func appendInterpolation(_ options: [PluginOption]) {
      append(options.map { "\($0.name.quoted) \($0.value.quoted)" }.joined(separator: ", "))
    }
  }
}

// MARK: - For servers in tests

extension SQL {
  /// The values in a text that the same SQL has made, with these or other values.
  ///
  /// - Parameters:
  ///   - text: As ``text`` or ``bound`` returned it.
  ///   - bound: What `$1`, `$2` and so on stand for.
  /// - Returns: All values, in their order; `nil` if other SQL has made the text.
  func values(in text: String, bound: [String?]) -> [String]? {
    var rest = Array(text.utf8)[...]
    var values: [String] = []
    for part in parts {
      switch part {
      case .words(let words):
        guard rest.starts(with: words.utf8) else { return nil }
        rest = rest.dropFirst(words.utf8.count)
      case .value, .literal:
        guard let value = Self.takeValue(from: &rest, bound) else { return nil }
        values.append(value)
      }
    }
    return rest.isEmpty ? values : nil
  }

  /// Takes `'text'` or `$1` off the front.
  private static func takeValue(
    from rest: inout ArraySlice<UInt8>, _ bound: [String?]
  ) -> String? {
    let quote = UInt8(ascii: "'")
    let first = rest.popFirst()
    if first == UInt8(ascii: "$") {
      let digits = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
      rest = rest.dropFirst(digits.count)
      guard let number = Int(String(decoding: digits, as: UTF8.self)),
        bound.indices.contains(number - 1)
      else { return nil }
      return bound[number - 1] ?? ""
    }
    guard first == quote else { return nil }
    var value: [UInt8] = []
    while let byte = rest.popFirst() {
      if byte == quote {
        guard rest.first == quote else { return String(decoding: value, as: UTF8.self) }
        rest = rest.dropFirst()
      }
      value.append(byte)
    }
    return nil
  }
}
