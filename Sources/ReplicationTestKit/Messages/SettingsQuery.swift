/// The question of a client that wants to know its session's settings.
///
///     SELECT pg_catalog.current_setting('name') AS name, …
enum SettingsQuery {
  /// The settings that are asked for; none if it is another query.
  static func names(_ sql: String) -> [String] {
    sql.split(separator: "current_setting('").dropFirst().compactMap { part in
      part.split(separator: "'", omittingEmptySubsequences: false).first.map(String.init)
    }
  }

  /// What a session has that was started as `Client` starts one.
  static func value(_ name: String) -> String {
    switch name {
    case "client_encoding": "UTF8"
    case "DateStyle": "ISO, MDY"
    case "IntervalStyle": "postgres"
    case "TimeZone": "UTC"
    case "extra_float_digits": "3"
    case "bytea_output": "hex"
    case "lc_monetary": "C"
    case "wal_sender_timeout": "1min"
    default: "on"
    }
  }
}
