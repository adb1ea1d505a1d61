import CDCTime
import PGWire

/// A value of the extension `hstore`: texts by their keys, in the order in which it keeps them.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/hstore.html>
public struct PostgresHstore: Hashable, Sendable, Codable {
  /// All pairs, in the order in which the server keeps them.
  public let pairs: [Pair]

  /// A key and what it stands for, which may be NULL.
  public struct Pair: Hashable, Sendable, Codable {
    /// The key.
    public let key: String
    /// The value; `nil` is NULL.
    public let value: String?

    /// A key and its value; `nil` is NULL.
    public init(_ key: String, _ value: String?) {
      self.key = key
      self.value = value
    }
  }

  /// These pairs, as they are.
  public init(_ pairs: [Pair]) {
    self.pairs = pairs
  }

  /// What a key stands for: `nil` if it isn't there, `.some(nil)` if that is NULL.
  public subscript(key: String) -> String?? {
    pairs.first { $0.key == key }.map(\.value)
  }
}

extension PostgresHstore: PostgresDecodable, PostgresTextConvertible, CustomStringConvertible {
  /// Reads `"a"=>"1", "b"=>NULL`.
  public init(postgresText text: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    guard case .hstore = type else { throw .wrongType }
    var rest = text
    var pairs: [Pair] = []
    while !rest.isEmpty {
      guard pairs.isEmpty || rest.take(", ") else { throw .malformed }
      let key = try rest.takeQuotedText()
      guard rest.take("=>") else { throw .malformed }
      pairs.append(Pair(key, rest.take("NULL") ? nil : try rest.takeQuotedText()))
    }
    self.pairs = pairs
  }

  /// Reads count 4, count × (length 4, key | length 4 or -1, value).
  public init(postgresBinary bytes: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    guard case .hstore = type else { throw .wrongType }
    var rest = bytes
    guard let count = rest.takeInt32(), count >= 0, Int(count) <= rest.count / 8 else {
      throw .malformed
    }
    var pairs: [Pair] = []
    for _ in 0..<count {
      guard let key = try rest.takeSizedText() else { throw .malformed }
      pairs.append(Pair(key, try rest.takeSizedText()))
    }
    guard rest.isEmpty else { throw .malformed }
    self.pairs = pairs
  }

  public var description: String { postgresText }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    for (index, pair) in pairs.enumerated() {
      if index > 0 { bytes.append(ascii: ", ") }
      bytes.append(quoted: pair.key)
      bytes.append(ascii: "=>")
      if let value = pair.value { bytes.append(quoted: value) } else { bytes.append(ascii: "NULL") }
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(quoted text: String) {
    let start = count
    append(contentsOf: text.utf8)
    quote(from: start, .backslash)
  }
}

extension Span<UInt8> {
  fileprivate mutating func takeQuotedText() throws(PostgresValueError) -> String {
    guard byte(at: 0) == UInt8(ascii: "\"") else { throw .malformed }
    return try takeQuoted(.backslash) { text throws(PostgresValueError) in
      try String(postgresText: text, type: .builtin(.text))
    }
  }

  fileprivate mutating func takeSizedText() throws(PostgresValueError) -> String? {
    try takeSized { text throws(PostgresValueError) in
      try String(postgresText: text, type: .builtin(.text))
    }
  }
}
