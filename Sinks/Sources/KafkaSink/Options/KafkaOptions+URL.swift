public import ChangeSinks
internal import PGWire

extension KafkaOptions {
  /// The port of a broker whose address has none.
  private static let defaultPort = "9092"

  /// Options from a URL.
  ///
  ///     kafka://kafka-1:9092,kafka-2:9092
  ///     kafkas://user:password@kafka-1:9093/?sasl.mechanism=PLAIN&compression.codec=zstd
  ///
  /// With `kafkas` connections are encrypted. What follows the question mark are properties of
  /// librdkafka. Characters with a meaning are written as `%` and two digits: `%40` is `@`.
  ///
  /// - Throws: `SinkError` if it is not a valid URL; the error does not show it.
  public init(url: String) throws(SinkError) {
    let (usesTLS, rest) = try Self.scheme(of: url)
    let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var place = parts[0]
    if place.last == "/" { place = place.dropLast() }
    guard !place.contains("/") else { throw Self.invalid("it has a path") }
    let user: Substring?
    if let at = place.lastIndex(of: "@") {
      user = place[..<at]
      place = place[place.index(after: at)...]
    } else {
      user = nil
    }
    self.init(brokers: try Self.brokers(place))
    self.usesTLS = usesTLS
    if let user { try take(user: user) }
    if parts.count > 1 { try take(properties: parts[1]) }
  }

  private static func invalid(_ reason: String) -> SinkError {
    SinkError(engine: "Kafka", .fatal, "the URL is not valid: \(reason)")
  }

  private static func scheme(
    of url: String
  ) throws(SinkError) -> (usesTLS: Bool, rest: Substring) {
    for (scheme, usesTLS) in [("kafka://", false), ("kafkas://", true)]
    where url.hasPrefix(scheme) {
      return (usesTLS, url.dropFirst(scheme.count))
    }
    throw invalid("it has to begin with kafka:// or kafkas://")
  }

  private static func brokers(_ list: Substring) throws(SinkError) -> [String] {
    var brokers: [String] = []
    for broker in list.split(separator: ",", omittingEmptySubsequences: false) {
      // The colons of an IPv6 address are in brackets.
      let end = broker.lastIndex(of: "]") ?? broker.startIndex
      let colon = broker[end...].lastIndex(of: ":")
      let host = broker[..<(colon ?? broker.endIndex)]
      let port = colon.map { broker[broker.index(after: $0)...] } ?? Substring(defaultPort)
      guard !host.isEmpty else { throw invalid("the name of a broker is missing") }
      guard UInt16(port) ?? 0 > 0 else { throw invalid("a broker's port is not a number") }
      brokers.append("\(host):\(port)")
    }
    return brokers
  }

  private mutating func take(user: Substring) throws(SinkError) {
    let parts = user.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    self.user = try Self.decoded(parts[0], "the user")
    if parts.count > 1 { password = .text(try Self.decoded(parts[1], "the password")) }
  }

  private mutating func take(properties: Substring) throws(SinkError) {
    for property in properties.split(separator: "&") {
      let parts = property.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else { throw Self.invalid("a property is empty") }
      let name = try Self.decoded(parts[0], "a property")
      self.properties[name] = try Self.decoded(parts[1], "the property \(name)")
    }
  }

  /// Resolves `%` and two hexadecimal digits.
  private static func decoded(_ text: Substring, _ what: String) throws(SinkError) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
        let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      else { throw invalid("\(what) has a % without two digits") }
      bytes.append(code)
      rest = rest.dropFirst(2)
    }
    guard let decoded = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      throw invalid("\(what) is not valid text")
    }
    return decoded
  }
}
