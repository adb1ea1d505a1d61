/// A setting that the text of values depends on, and the value that a replication session is given.
///
/// They must be in the startup packet and not in a `SET`: a walsender obeys reloads of the server's
/// configuration in mid-stream, and only what came with the startup packet stays as it is. They
/// beat `options` too, which the server applies first.
package struct PinnedSetting: Sendable {
  package let name: String
  package let value: String

  private init(_ name: String, _ value: String) {
    (self.name, self.value) = (name, value)
  }

  /// Whether the server shows it as it was set.
  package func isKept(as shown: String) -> Bool {
    switch name {
    // What follows is the order of day and month, which ISO does not use.
    case "DateStyle": shown == value || shown.hasPrefix(value + ",")
    case "TimeZone": ["UTC", "Etc/UTC", "GMT", "Etc/GMT"].contains(shown)
    case "extra_float_digits": Int(shown).map { $0 > 0 } ?? false
    default: shown == value
    }
  }

  package static let clientEncoding = PinnedSetting("client_encoding", "UTF8")

  /// All of them, but for the encoding, which every session is given.
  package static let forReplication = [
    PinnedSetting("DateStyle", "ISO"),
    PinnedSetting("IntervalStyle", "postgres"),
    PinnedSetting("TimeZone", "UTC"),
    // Shortest exact digits; 1 to 3 mean the same since server 12.
    PinnedSetting("extra_float_digits", "3"),
    PinnedSetting("bytea_output", "hex"),
    // As text; the binary form of an amount knows no locale.
    PinnedSetting("lc_monetary", "C"),
  ]
}
