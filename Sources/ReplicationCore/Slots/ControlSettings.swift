internal import PGWire

/// The settings that make libpq connect as the stream does.
///
/// The host's name is looked up by us, since libpq's look-up can't be interrupted.
func controlSettings(
  _ options: ConnectionOptions, interrupt: Interrupt
) throws(ControlError) -> [(name: String, value: String)] {
  var settings = [
    (name: "user", value: options.user), (name: "dbname", value: options.database),
    (name: "sslmode", value: options.tls.mode.rawValue), (name: "gssencmode", value: "disable"),
    (name: "client_encoding", value: "UTF8"),
  ]
  func add(_ name: String, _ value: String?) {
    if let value { settings.append((name: name, value: value)) }
  }
  let addresses = try hostAddresses(options, interrupt: interrupt)
  add("host", repeated(options.host, addresses.count))
  add("port", repeated(String(options.port), addresses.count))
  if !addresses.isEmpty { add("hostaddr", addresses.joined(separator: ",")) }
  add("password", options.password.map { $0.withBytes { $0.lossyString() } })
  add("application_name", options.applicationName)
  add("options", options.serverOptions)
  add("keepalives", options.keepalive.isEnabled ? "1" : "0")
  add("keepalives_idle", options.keepalive.idle.map { seconds($0) })
  add("keepalives_interval", options.keepalive.interval.map { seconds($0) })
  add("keepalives_count", options.keepalive.count.map { String($0) })
  return settings
}

private func hostAddresses(
  _ options: ConnectionOptions, interrupt: Interrupt
) throws(ControlError) -> [String] {
  do throws(TransportError) {
    switch options.endpoint {
    case .unixSocket: return []
    case .tcpAddress(let address, _): return [address]
    case .tcp(let host, let port):
      let deadline = options.connectTimeout.map { MonotonicTime.now() + $0 }
      let found = try SocketAddress.resolve(
        host: host, port: port, interrupt: interrupt, until: deadline)
      return found.map(\.host)
    @unknown default: return []
    }
  } catch {
    throw .transport(error)
  }
}

private func repeated(_ text: String, _ count: Int) -> String {
  Array(repeating: text, count: max(count, 1)).joined(separator: ",")
}

private func seconds(_ duration: Duration) -> String {
  String(max(duration.components.seconds, 1))
}
