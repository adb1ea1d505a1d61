internal import PGWire

/// What a session's settings are, asked of the server in one query.
enum SessionSettings {
  /// One row, with a column for each.
  static let query: ReplicationCommand = """
    SELECT pg_catalog.current_setting('wal_sender_timeout') AS wal_sender_timeout, \
    pg_catalog.current_setting('client_encoding') AS client_encoding, \
    pg_catalog.current_setting('DateStyle') AS "DateStyle", \
    pg_catalog.current_setting('IntervalStyle') AS "IntervalStyle", \
    pg_catalog.current_setting('TimeZone') AS "TimeZone", \
    pg_catalog.current_setting('extra_float_digits') AS extra_float_digits, \
    pg_catalog.current_setting('bytea_output') AS bytea_output
    """

  /// Makes sure that the session was started with what decoding relies on.
  ///
  /// A server keeps to what it was told; a pooler in front of it may not.
  static func check(_ shown: QueryResult) throws(ReplicationError) {
    for setting in [.clientEncoding] + PinnedSetting.forReplication {
      let value = shown.first(setting.name) ?? ""
      guard setting.isKept(as: value) else {
        throw .connection(
          .settingIgnored(setting.name, expected: setting.value, found: value))
      }
    }
  }

  /// How long the server waits for a sign of life; `nil` if for ever.
  static func senderTimeout(_ shown: QueryResult) -> Duration? {
    shown.first("wal_sender_timeout").flatMap {
      ServerSetting.duration($0, unit: .milliseconds(1))
    }
  }
}
