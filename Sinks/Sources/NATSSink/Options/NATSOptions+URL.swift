public import ChangeSinks
internal import PGWire

extension NATSOptions {
  /// Options from URLs, with commas between: `nats://user:password@host:4222,nats://host2`.
  ///
  /// With `tls://` connections have to be encrypted, to all servers. A user without a password is
  /// a token. The port is 4222 if there is none. What is a sign of URLs is escaped in the user and
  /// the password, as in `%40`.
  ///
  /// - Throws: ``/ChangeSinks/SinkError``, which is fatal, for anything else; it never has the URL.
  public init(_ urls: String) throws(SinkError) {
    self.init(servers: [])
    for url in urls.split(separator: ",", omittingEmptySubsequences: false) {
      try add(url.drop { $0 == " " })
    }
  }

  private mutating func add(_ url: Substring) throws(SinkError) {
    var rest = url
    if let scheme = rest.firstRange(of: "://") {
      switch rest[..<scheme.lowerBound].lowercased() {
      case "nats": break
      case "tls": tls.isRequired = true
      default: throw Self.invalid("has a scheme other than nats:// and tls://")
      }
      rest = rest[scheme.upperBound...]
    }
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    if let at = rest.lastIndex(of: "@") {
      try takeUser(rest[..<at])
      rest = rest[rest.index(after: at)...]
    }
    servers.append(try Self.server(rest))
  }

  private mutating func takeUser(_ text: Substring) throws(SinkError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let decoded = parts.compactMap { Self.decoded($0) }
    guard decoded.count == parts.count, let first = decoded.first, !first.isEmpty else {
      throw Self.invalid("has a user that can't be read")
    }
    let found: NATSAuthentication =
      decoded.count == 1
      ? .token(.text(first)) : .user(first, password: .text(decoded[1]))
    guard authentication == .none || authentication == found else {
      throw Self.invalid("has another user than the one before; all servers need the same")
    }
    authentication = found
  }

  private static func server(_ text: Substring) throws(SinkError) -> NATSServer {
    var host = text
    var port = Substring("4222")
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      host = text[text.index(after: text.startIndex)..<end]
      let rest = text[text.index(after: end)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { throw invalid("has a bad address") }
      if !rest.isEmpty { port = rest.dropFirst() }
    } else if let colon = text.lastIndex(of: ":") {
      host = text[..<colon]
      port = text[text.index(after: colon)...]
      guard !host.contains(":") else { throw invalid("has an IPv6 address without brackets") }
    }
    guard !host.isEmpty, host.utf8.allSatisfy({ isOfHost($0) }) else {
      throw invalid("has no host, or one that can't be read")
    }
    guard let number = UInt16(port), number > 0, port.utf8.allSatisfy({ isDigit($0) }) else {
      throw invalid("has a bad port")
    }
    return NATSServer(host: String(host), port: number)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isOfHost(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":")]
        .contains(byte)
  }

  /// A text with its escapes resolved; `nil` if they can't be.
  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
        let escaped = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(escaped)
      rest = rest.dropFirst(2)
    }
    guard !bytes.contains(0) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func invalid(_ what: String) -> SinkError {
    SinkError(engine: "NATS", .fatal, "a server's URL \(what)")
  }
}
