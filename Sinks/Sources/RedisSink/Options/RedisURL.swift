/// The parts of a URL of a server.
///
/// IANA: <https://www.iana.org/assignments/uri-schemes/prov/redis>
struct RedisURL: Hashable, Sendable {
  /// Why a text is not such a URL.
  ///
  /// It does not repeat the text, which may have a password.
  struct Fault: Error, Hashable, Sendable {
    let reason: String
  }

  private(set) var address: RedisAddress
  private(set) var user: String?
  private(set) var password: String?
  private(set) var database = 0

  init(_ text: String) throws(Fault) {
    guard let colon = text.firstRange(of: "://") else {
      throw Fault(reason: "it should begin with redis:// or unix://")
    }
    var rest = text[colon.upperBound...]
    guard !rest.contains("#") else { throw Fault(reason: "it has a fragment (#)") }
    var query: Substring = ""
    if let mark = rest.firstIndex(of: "?") {
      query = rest[rest.index(after: mark)...]
      rest = rest[..<mark]
    }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    var authority = rest[..<slash]
    let path = rest[slash...]
    address = .host("localhost", port: 6379)
    if let at = authority.lastIndex(of: "@") {
      try readLogin(authority[..<at])
      authority = authority[authority.index(after: at)...]
    }
    switch text[..<colon.lowerBound].lowercased() {
    case "redis", "valkey":
      guard query.isEmpty else { throw Fault(reason: "parameters after ? have no meaning in it") }
      try readHost(authority)
      if path.count > 1 { database = try Self.number(path.dropFirst()) }
    case "unix":
      guard authority.isEmpty, path.count > 1 else {
        throw Fault(reason: "unix:// is followed by an absolute path")
      }
      address = .unixSocket(try Self.decoded(path))
      try readQuery(query)
    case "rediss", "valkeys":
      throw Fault(
        reason: "TLS is not supported; connect to a proxy on this machine that has it, such as "
          + "stunnel")
    default: throw Fault(reason: "the scheme is neither redis nor unix")
    }
  }

  private mutating func readLogin(_ text: Substring) throws(Fault) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    if let first = parts.first, !first.isEmpty { user = try Self.decoded(first) }
    if parts.count == 2, !parts[1].isEmpty { password = try Self.decoded(parts[1]) }
  }

  private mutating func readHost(_ text: Substring) throws(Fault) {
    var (name, port) = (text, Substring())
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { throw Fault(reason: "a ] is missing") }
      name = text[text.index(after: text.startIndex)..<end]
      port = text[text.index(after: end)...]
    } else if let colon = text.lastIndex(of: ":") {
      name = text[..<colon]
      port = text[colon...]
    }
    var number: UInt16 = 6379
    if !port.isEmpty {
      guard port.hasPrefix(":"), let given = UInt16(exactly: try Self.number(port.dropFirst())),
        given > 0
      else { throw Fault(reason: "the port is not a number from 1 to 65535") }
      number = given
    }
    address = .host(name.isEmpty ? "localhost" : try Self.decoded(name), port: number)
  }

  private mutating func readQuery(_ text: Substring) throws(Fault) {
    guard !text.isEmpty else { return }
    guard text.hasPrefix("db=") else {
      throw Fault(reason: "the only parameter that has a meaning in it is db")
    }
    database = try Self.number(text.dropFirst(3))
  }

  private static func number(_ text: Substring) throws(Fault) -> Int {
    guard let number = Int(text), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw Fault(reason: "the port or the database is not a number")
    }
    return number
  }

  /// The text without percent-encoding.
  private static func decoded(_ text: Substring) throws(Fault) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit)
      else { throw Fault(reason: "a % is not followed by two hexadecimal digits") }
      bytes.append(high << 4 | low)
    }
    guard let plain = String(validating: bytes, as: UTF8.self) else {
      throw Fault(reason: "a percent-encoded part is not UTF-8")
    }
    return plain
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
