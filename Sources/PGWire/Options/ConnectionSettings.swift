/// What a connection string and the environment say, before it is interpreted.
///
/// Values are bytes: a password need not be UTF-8. A later value replaces an earlier one, and an
/// empty value counts as said, so that `password=` keeps `PGPASSWORD` out. Both are libpq's rules.
struct ConnectionSettings {
  /// A value, and the key or variable that an error about it names.
  private struct Setting {
    var bytes: [UInt8]
    var source: String
  }

  private var settings: [ConnectionKey: Setting] = [:]

  /// Reads a URI or a `key=value` string.
  init(_ text: String) throws(ConnectionOptionsError) {
    let bytes = text.utf8.span
    for index in bytes.indices where bytes[index] == 0 {
      throw .malformed(.zeroByte(part: "the connection string"))
    }
    // As in libpq the scheme is lower case; whatever does not start with it is key=value.
    for scheme in ["postgresql://", "postgres://"] where text.utf8.starts(with: scheme.utf8) {
      try readURI(bytes, from: scheme.utf8.count)
      return
    }
    try readPairs(bytes)
  }

  mutating func set(_ key: ConnectionKey, _ bytes: [UInt8], source: String? = nil) {
    settings[key] = Setting(bytes: bytes, source: source ?? key.name)
  }

  /// Keeps the value under the key that `name` says.
  ///
  /// `requiressl` is libpq's old spelling of `sslmode`.
  ///
  /// - Returns: Whether there is such a key.
  mutating func set(name: String, _ bytes: [UInt8]) -> Bool {
    if name == "requiressl" {
      set(.sslmode, Array((bytes.first == UInt8(ascii: "1") ? "require" : "prefer").utf8))
      return true
    }
    guard let key = ConnectionKey.named[name] else { return false }
    set(key, bytes)
    return true
  }

  /// Fills what neither the string nor the service says.
  ///
  /// `PGDATESTYLE`, `PGTZ` and `PGGEQO`, which libpq sends on, are not read: a replication stream
  /// pins the first two and plans nothing.
  mutating func fill(from environment: [String: String]) {
    for key in ConnectionKey.all where settings[key] == nil {
      guard let variable = key.variable, let value = environment[variable] else { continue }
      settings[key] = Setting(bytes: Array(value.utf8), source: variable)
    }
    if settings[.sslmode] == nil, environment["PGREQUIRESSL"]?.utf8.first == UInt8(ascii: "1") {
      settings[.sslmode] = Setting(bytes: Array("require".utf8), source: "PGREQUIRESSL")
    }
  }
}

extension ConnectionSettings {
  /// Refuses the keys that would be silently ignored otherwise.
  func refuseUnsupported() throws(ConnectionOptionsError) {
    for key in ConnectionKey.all {
      guard let setting = settings[key], !setting.bytes.isEmpty else { continue }
      switch key.support {
      case .supported: continue
      case .reserved: throw .reservedKey(setting.source)
      case .refused(let harmless):
        guard harmless.contains(where: { $0.utf8.elementsEqual(setting.bytes) }) else {
          throw .unsupportedKey(setting.source, accepted: harmless)
        }
      }
    }
  }

  /// Whether the key has a value that is not empty.
  func isGiven(_ key: ConnectionKey) -> Bool {
    settings[key]?.bytes.isEmpty == false
  }

  /// Whether the key was named at all, even with an empty value.
  func isNamed(_ key: ConnectionKey) -> Bool {
    settings[key] != nil
  }

  /// Takes the bytes out, so that no second copy stays behind.
  mutating func take(_ key: ConnectionKey) -> [UInt8]? {
    settings.removeValue(forKey: key)?.bytes
  }

  /// The error that names the key, or the variable that its value came from.
  func invalid(_ key: ConnectionKey, expected: String) -> ConnectionOptionsError {
    .invalidValue(settings[key]?.source ?? key.name, expected: expected)
  }

  /// The value as text, or `nil` if there is none or an empty one.
  func text(_ key: ConnectionKey) throws(ConnectionOptionsError) -> String? {
    guard let bytes = settings[key]?.bytes, !bytes.isEmpty else { return nil }
    guard let text = try? bytes.span.utf8String() else {
      throw invalid(key, expected: "valid UTF-8")
    }
    return text
  }

  /// A whole number as libpq reads it: C's `strtol`, white space at either end, 32 bits.
  ///
  /// - Returns: `nil` if the key is absent; an empty value is not a number, as in libpq.
  func number(
    _ key: ConnectionKey, expected: String = "a whole number"
  ) throws(ConnectionOptionsError) -> Int32? {
    guard let setting = settings[key] else { return nil }
    guard let value = Self.number(setting.bytes) else { throw invalid(key, expected: expected) }
    return value
  }

  static func number(_ bytes: [UInt8]) -> Int32? {
    let trimmed = bytes.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
    // `Int32.init` takes the same sign and ASCII digits as strtol, and nothing else.
    return Int32(String(decoding: trimmed, as: UTF8.self))
  }

  /// C's `isspace` in the C locale.
  static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || (9...13).contains(byte)
  }
}
