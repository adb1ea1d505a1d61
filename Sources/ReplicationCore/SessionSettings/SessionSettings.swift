internal import PGWire

/// The settings of one of our sessions, verified before any other query.
///
/// A server keeps the settings from the startup packet. A pooler in front of it may silently drop
/// them, or hand out a session that another client has changed: the settings are then set by SQL,
/// which no reload of the server's configuration changes either, and verified again.
struct SessionSettings: Sendable {
  private let values: [String: String]

  init(_ row: ResultRow, _ names: [String]) {
    var values: [String: String] = [:]
    for name in names { values[name] = row[name] }
    self.values = values
  }

  private init(values: [String: String]) {
    self.values = values
  }

  /// How long the server waits for a message to a walsender whose settings were verified; `nil` if
  /// indefinitely.
  static func senderTimeout(_ connection: WireConnection) -> Duration? {
    connection.verifiedSettings.withLock { $0[senderTimeout] }
      .flatMap { ServerSetting.duration($0, unit: .milliseconds(1)) }
  }

  /// The first required setting that the session does not have, and the value that it has.
  func ignored(of required: [PinnedSetting]) -> (setting: PinnedSetting, found: String)? {
    for setting in required {
      let found = values[setting.name] ?? ""
      if values[setting.name] == nil || !setting.isKept(as: found) { return (setting, found) }
    }
    return nil
  }

  private static let senderTimeout = "wal_sender_timeout"
}

extension SessionSettings {
  /// Verifies the settings of a session, and sets those that a pooler has dropped.
  ///
  /// - Throws: ``PGWireError/settingIgnored(_:expected:found:)``, wrapped.
  static func verify(
    _ connection: WireConnection, for use: SessionUse
  ) async throws(ReplicationError) {
    let settings = try await verified(connection, for: use)
    connection.verifiedSettings.withLock { $0 = settings.values }
  }

  private static func verified(
    _ connection: WireConnection, for use: SessionUse
  ) async throws(ReplicationError) -> SessionSettings {
    let server = connection.majorVersion
    let required = use.required(server: server)
    for setsAll in [false, true] {
      let answer = try await connection.rows(use.query(server: server, setsAll: setsAll)).first
      guard let answer, answer.has("search_path") else { break }
      let settings = SessionSettings(answer, required.map(\.name) + [senderTimeout])
      if settings.ignored(of: required) == nil { return settings }
      if setsAll { try settings.requireAll(of: required) }
    }
    return try await readOneByOne(connection)
  }

  /// Asks with SHOW.
  ///
  /// A server that answers, but not with the requested row, is not PostgreSQL. It is most likely a
  /// server that replays a recording, which has no SQL that could be captured. Such servers know
  /// SHOW, and report some settings by themselves.
  private static func readOneByOne(
    _ connection: WireConnection
  ) async throws(ReplicationError) -> SessionSettings {
    let asked = [.clientEncoding] + PinnedSetting.forValues.filter { $0.name != "lc_monetary" }
    var values: [String: String] = [:]
    for name in asked.map(\.name) + [senderTimeout] {
      if let value = connection.parameter(name) {
        values[name] = value
      } else {
        values[name] = try await connection.rows("SHOW \(try Identifier(name))").first?.only
      }
    }
    let settings = SessionSettings(values: values)
    try settings.requireAll(of: asked)
    return settings
  }

  private func requireAll(of required: [PinnedSetting]) throws(ReplicationError) {
    guard let (setting, found) = ignored(of: required) else { return }
    throw .connection(.settingIgnored(setting.name, expected: setting.value, found: found))
  }
}

extension ControlConnection {
  /// Verifies the settings of this connection, and sets those that a pooler has dropped.
  ///
  /// - Throws: ``ControlError/settingIgnored(_:expected:found:)``.
  func verifySettings() throws(ControlError) {
    let required = SessionUse.control.required(server: serverVersion)
    for setsAll in [false, true] {
      let answer = try rows(SessionUse.control.query(server: serverVersion, setsAll: setsAll))
      let settings = SessionSettings(answer.first ?? ResultRow([], []), required.map(\.name))
      guard let (setting, found) = settings.ignored(of: required) else { return }
      if setsAll {
        throw .settingIgnored(setting.name, expected: setting.value, found: found)
      }
    }
  }
}

extension WireConnection {
  /// The server's major version; 0 if it does not say.
  var majorVersion: Int { ServerSetting.majorVersion(parameter("server_version") ?? "") }
}
