/// The question of a client that wants to know its session's settings, and sets some of them.
///
///     SELECT pg_catalog.current_setting('name') AS name,
///       pg_catalog.set_config('name', 'value', false) AS name, …
enum SettingsQuery {
  /// The settings that are asked for; none if it is another query.
  static func names(_ sql: String) -> [String] {
    sql.split(separator: ", pg_catalog.").compactMap { part in
      let words = part.split(separator: "'", omittingEmptySubsequences: false)
      guard words.count > 1, let call = words.first else { return nil }
      return call.hasSuffix("current_setting(") || call.hasSuffix("set_config(")
        ? String(words[1]) : nil
    }
  }

  /// The settings of a session that `Client` has started.
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
    case "search_path": ""
    case "default_transaction_isolation": "read committed"
    case "client_min_messages": "notice"
    case "exit_on_error", "row_security": "off"
    case _ where name.hasSuffix("_timeout"): "0"
    default: "on"
    }
  }
}
