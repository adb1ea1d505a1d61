/// Where questions are answered: a port of this machine, or a host and a port.
///
///     9464             127.0.0.1, port 9464
///     0.0.0.0:9464     every address of IPv4
///     [::1]:9464       an address of IPv6
struct HTTPAddress: Hashable, Sendable, CustomStringConvertible {
  let host: String
  let port: UInt16

  init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// An address from a text; `nil` if it is none.
  init?(_ text: String) {
    if let port = Self.port(text[...]) {
      self.init(host: "127.0.0.1", port: port)
      return
    }
    guard let colon = text.lastIndex(of: ":"),
      let port = Self.port(text[text.index(after: colon)...])
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      // An address of IPv6 without brackets could end anywhere.
      return nil
    }
    guard !host.isEmpty else { return nil }
    self.init(host: String(host), port: port)
  }

  private static func port(_ text: Substring) -> UInt16? {
    guard text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    return UInt16(text)
  }

  var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
