/// The URI form, read as libpq 18's `conninfo_uri_parse_options` does.
///
///     postgresql://[user[:password]@][host][:port][,…][/dbname][?key=value[&…]]
///
/// Every part may be percent-encoded; an IPv6 address stands in brackets; a Unix-socket directory
/// is a percent-encoded host or `?host=/dir`. Empty parts are not set, so the environment fills
/// them.
///
/// Stricter than libpq in one way: an `@` that libpq would take for a piece of a host or, in a URI
/// without user, of a database name is refused. It is nearly always a piece of a password whose
/// `@` or `/` was not encoded, and would end up in messages about a host that can't be found.
extension ConnectionSettings {
  mutating func readURI(_ text: Span<UInt8>, from start: Int) throws(ConnectionOptionsError) {
    var index = start
    let hasUser = try readCredentials(text, &index)
    try readHosts(text, &index)

    if index < text.count, text[index] == UInt8(ascii: "/") {
      let end = Self.firstIndex(of: "?", in: text, from: index)
      let path = index + 1..<end
      guard hasUser || Self.firstIndex(of: "@", in: text, from: index) >= end else {
        throw .malformed(.strayAtSign)
      }
      try setDecoded(.dbname, text.extracting(path))
      index = end
    }
    if index < text.count { try readQuery(text, from: index + 1, hasUser: hasUser) }
  }

  /// Reads up to the `@` that comes before any `/`, if there is one.
  private mutating func readCredentials(
    _ text: Span<UInt8>, _ index: inout Int
  ) throws(ConnectionOptionsError) -> Bool {
    let end = Self.firstIndex(of: "@", "/", in: text, from: index)
    guard end < text.count, text[end] == UInt8(ascii: "@") else { return false }
    let userEnd = min(Self.firstIndex(of: ":", in: text, from: index), end)
    try setDecoded(.user, text.extracting(index..<userEnd))
    if userEnd < end { try setDecoded(.password, text.extracting(userEnd + 1..<end)) }
    index = end + 1
    return true
  }

  /// Reads `host:port,host:port…` to one comma-separated list of each, as libpq does.
  private mutating func readHosts(
    _ text: Span<UInt8>, _ index: inout Int
  ) throws(ConnectionOptionsError) {
    var hosts: [UInt8] = []
    var ports: [UInt8] = []
    while true {
      var host = index
      if host < text.count, text[host] == UInt8(ascii: "[") {
        host += 1
        index = Self.firstIndex(of: "]", in: text, from: host)
        guard index < text.count else { throw .malformed(.unterminatedBracket) }
        guard index > host else { throw .malformed(.emptyBrackets) }
        hosts += text.extracting(host..<index).copied()
        index += 1
        guard index == Self.firstIndex(of: ":", "/", "?", ",", in: text, from: index) else {
          throw .malformed(.textAfterBracket)
        }
      } else {
        index = Self.firstIndex(of: ":", "/", "?", ",", in: text, from: host)
        hosts += text.extracting(host..<index).copied()
      }
      if index < text.count, text[index] == UInt8(ascii: ":") {
        let port = index + 1
        index = Self.firstIndex(of: "/", "?", ",", in: text, from: port)
        ports += text.extracting(port..<index).copied()
      }
      guard index < text.count, text[index] == UInt8(ascii: ",") else { break }
      index += 1
      hosts.append(UInt8(ascii: ","))
      ports.append(UInt8(ascii: ","))
    }
    guard !hosts.contains(UInt8(ascii: "@")), !ports.contains(UInt8(ascii: "@")) else {
      throw .malformed(.strayAtSign)
    }
    try setDecoded(.host, hosts.span)
    try setDecoded(.port, ports.span)
  }

  private mutating func readQuery(
    _ text: Span<UInt8>, from start: Int, hasUser: Bool
  ) throws(ConnectionOptionsError) {
    // An "@" out here may end a password that an unencoded "/" and "?" have torn.
    let isTorn = !hasUser && Self.firstIndex(of: "@", in: text, from: start) < text.count
    var followsPassword = isTorn
    var index = start
    while index < text.count {
      let end = Self.firstIndex(of: "&", in: text, from: index)
      let equals = Self.firstIndex(of: "=", in: text, from: index)
      guard equals < end else { throw .malformed(.missingEqualsSign(offset: index)) }
      guard Self.firstIndex(of: "=", in: text, from: equals + 1) >= end else {
        throw .malformed(.extraEqualsSign(offset: index))
      }
      let key = text.extracting(index..<equals)
      let value = text.extracting(equals + 1..<end)
      let nameBytes = try Self.decoded(key, part: "a key of the URI's query")
      let name = nameBytes.span.lossyString()
      guard try setQuery(name, value) else {
        throw Self.unknownKey(name, offset: index, followsPassword: followsPassword)
      }
      followsPassword = isTorn || name == ConnectionKey.password.name
      index = end + 1
    }
  }

  /// - Returns: Whether there is such a key.
  private mutating func setQuery(
    _ name: String, _ value: Span<UInt8>
  ) throws(ConnectionOptionsError) -> Bool {
    let part = ConnectionKey.named[name]?.name ?? "a value of the URI's query"
    let bytes = try Self.decoded(value, part: part)
    // JDBC's spelling, which libpq takes in URIs only.
    if name == "ssl", bytes.elementsEqual("true".utf8) {
      set(.sslmode, Array("require".utf8))
      return true
    }
    return set(name: name, bytes)
  }

  private mutating func setDecoded(
    _ key: ConnectionKey, _ encoded: Span<UInt8>
  ) throws(ConnectionOptionsError) {
    guard !encoded.isEmpty else { return }
    set(key, try Self.decoded(encoded, part: key.name))
  }

  /// The first of these characters at or behind `start`, or the end.
  private static func firstIndex(
    of wanted: Unicode.Scalar..., in text: Span<UInt8>, from start: Int
  ) -> Int {
    var index = start
    while index < text.count, !wanted.contains(Unicode.Scalar(text[index])) { index += 1 }
    return index
  }
}
