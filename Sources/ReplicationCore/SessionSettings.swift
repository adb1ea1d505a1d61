internal import PGWire

/// What a session's settings are, asked of the server in one query.
struct SessionSettings: Sendable {
  private let values: [String: String]

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

  /// Asks the server.
  ///
  /// What answers, but not with such a row, is no PostgreSQL; a server that plays a recording most
  /// likely. Those know SHOW, and report some settings by themselves.
  static func read(_ connection: Connection) async throws(ReplicationError) -> SessionSettings {
    let shown = try await connection.run(query)
    var values: [String: String] = [:]
    for name in checked.map(\.name) + [senderTimeout] {
      if let value = shown.first(name) {
        values[name] = value
      } else if let value = connection.parameter(name) {
        values[name] = value
      } else {
        let result = try await connection.run("SHOW \(try Identifier(name))")
        values[name] = result.rows.first?.first ?? nil
      }
    }
    return SessionSettings(values: values)
  }

  /// Makes sure that the session was started with what decoding relies on.
  ///
  /// A server keeps to what it was told; a pooler in front of it may not.
  func check() throws(ReplicationError) {
    for setting in Self.checked {
      let value = values[setting.name] ?? ""
      guard setting.isKept(as: value) else {
        throw .connection(
          .settingIgnored(setting.name, expected: setting.value, found: value))
      }
    }
  }

  /// How long the server waits for a sign of life; `nil` if for ever.
  var senderTimeout: Duration? {
    values[Self.senderTimeout].flatMap { ServerSetting.duration($0, unit: .milliseconds(1)) }
  }

  private static let senderTimeout = "wal_sender_timeout"

  /// `lc_monetary` is not among them: all it changes is the look of `money` as text.
  private static let checked =
    [.clientEncoding] + PinnedSetting.forReplication.filter { $0.name != "lc_monetary" }
}
