/// The lists of hosts, addresses and ports, as libpq pairs them.
extension ConnectionSettings {
  /// One host for each address, or for each name without addresses; a single port applies to all.
  func hosts() throws(ConnectionOptionsError) -> [ConnectionHost] {
    let addresses = try list(.hostaddr)
    let names = try list(.host)
    let count = addresses?.count ?? names?.count ?? 0
    guard count > 0 else { throw .missingHost }
    if let names, names.count != count {
      throw invalid(.host, expected: "as many names as hostaddr has addresses (\(count))")
    }
    let ports = try ports(count)
    var hosts: [ConnectionHost] = []
    for index in 0..<count {
      let host = ConnectionHost(names?[index], address: addresses?[index], port: ports[index])
      try host.normalized.check()
      hosts.append(host.normalized)
    }
    return hosts
  }

  private func ports(_ count: Int) throws(ConnectionOptionsError) -> [UInt16] {
    var ports: [UInt16] = []
    for text in try list(.port) ?? [""] {
      guard !text.isEmpty else {
        ports.append(ConnectionOptions.defaultPort)
        continue
      }
      guard let number = Self.number(Array(text.utf8)), let port = UInt16(exactly: number), port > 0
      else { throw invalid(.port, expected: ConnectionOptions.portRange) }
      ports.append(port)
    }
    if ports.count == 1 { return Array(repeating: ports[0], count: count) }
    guard ports.count == count else {
      throw invalid(.port, expected: "one port, or as many as there are hosts (\(count))")
    }
    return ports
  }

  /// The parts between the commas, which may be empty; `nil` if there is no value.
  private func list(_ key: ConnectionKey) throws(ConnectionOptionsError) -> [String]? {
    try text(key)?.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }
}
