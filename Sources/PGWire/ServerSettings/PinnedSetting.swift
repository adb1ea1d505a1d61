/// A setting that a session relies on, and the value that it is given.
///
/// They are sent in the startup packet and not with `SET`: a walsender follows reloads of the
/// server's configuration in mid-stream, and only what came with the startup packet stays as it is.
/// A startup value also overrides what a role or a database has, and `options`, which the server
/// applies first.
package struct PinnedSetting: Sendable {
  package let name: String
  package let value: String

  /// - Parameters: Words of this package, which need no quoting anywhere.
  package init(_ name: StaticString, _ value: StaticString) {
    (self.name, self.value) = (name.description, value.description)
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

  /// Settings that the meaning of SQL depends on.
  ///
  /// With an empty path a name without a schema is one of `pg_catalog`, so that no operator,
  /// function or type of a database user is called in place of the server's. Strings that read
  /// backslashes as escapes would let a quoted value end early.
  package static let forSQL = [
    PinnedSetting("search_path", ""),
    PinnedSetting("standard_conforming_strings", "on"),
  ]

  /// Settings that the text of values depends on.
  package static let forValues = [
    PinnedSetting("DateStyle", "ISO"),
    PinnedSetting("IntervalStyle", "postgres"),
    PinnedSetting("TimeZone", "UTC"),
    // Shortest exact digits; 1 to 3 mean the same since server 12.
    PinnedSetting("extra_float_digits", "3"),
    PinnedSetting("bytea_output", "hex"),
    // As text; the binary form of an amount knows no locale.
    PinnedSetting("lc_monetary", "C"),
  ]

  /// All settings of a replication connection, except the encoding, which every session gets.
  package static let forReplication = forSQL + forValues
}
