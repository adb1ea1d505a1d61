internal import CSinkLibPQ
internal import ChangeSinks
internal import PGWire

/// One host of a connection string.
///
/// libpq would go on to the next host by itself, but has no limit for how long one may take while
/// it connects without blocking.
struct TargetHost: Sendable {
  /// Keywords and values that stand for this host alone; none if the string names no host.
  let keywords: [String: String]
  /// For messages: `PostgreSQL at localhost:5432`.
  let engine: String

  /// The hosts of a connection string, in their order.
  ///
  /// - Throws: ``/ChangeSinks/SinkError`` if it is not a connection string.
  static func all(in text: String) throws(SinkError) -> [TargetHost] {
    let hosts = try list("host", in: text)
    let addresses = try list("hostaddr", in: text)
    let ports = try list("port", in: text)
    let count = max(hosts.count, addresses.count)
    guard count > 0 else { return [TargetHost(keywords: [:], engine: "PostgreSQL")] }
    return (0..<count).map { index in
      var keywords: [String: String] = [:]
      let port = ports.count == 1 ? ports[0] : ports.indices.contains(index) ? ports[index] : ""
      if hosts.indices.contains(index) { keywords["host"] = hosts[index] }
      if addresses.indices.contains(index) { keywords["hostaddr"] = addresses[index] }
      if !ports.isEmpty { keywords["port"] = port }
      let name = keywords["host"] ?? keywords["hostaddr"] ?? ""
      return TargetHost(
        keywords: keywords, engine: "PostgreSQL at \(name):\(port.isEmpty ? "5432" : port)")
    }
  }

  /// The parts of a keyword's value; none if the string does not have it.
  private static func list(_ keyword: String, in text: String) throws(SinkError) -> [String] {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let length = unsafe csinkpq_option(text, keyword, &buffer, 4096)
    guard length != -2 else {
      throw SinkError(
        engine: "PostgreSQL", .fatal,
        "the connection string is neither a URI nor keywords and values, or has a keyword that "
          + "libpq does not know")
    }
    guard length > 0 else { return [] }
    let value = String(decoding: buffer.prefix(Int(length)), as: UTF8.self)
    return value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }
}
