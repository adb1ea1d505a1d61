import Foundation
import Logging
import PGWire
import ReplicationCore
import Synchronization
import Testing

/// One test's own corner of a server: names that nobody else has, and a connection.
struct Site: Sendable {
  let server: TestServer
  /// The name of the schema, of the slot and of the publication, and the start of all other names.
  let name: String
  /// A connection whose `search_path` is the schema.
  let sql: WireConnection
  /// How to connect to the database.
  let options: ConnectionOptions
  /// The same as text.
  let url: String
}

/// Runs a test that has the server to itself, and leaves nothing behind on it.
func onSite(
  _ server: TestServer, limit: Duration = .seconds(600), test: String = #function,
  _ body: @escaping @Sendable (Site) async throws -> Void
) async throws {
  let run = { () async throws in
    let start = ContinuousClock.now
    defer { TurnTimes.shared.add(test, server, start.duration(to: .now)) }
    let site = try await Site.open(server)
    let result: Result<Void, any Error>
    do {
      result = .success(try await within(limit, "the test") { try await body(site) })
    } catch {
      result = .failure(error)
    }
    site.sql.close()
    try await site.cleanUp()
    try result.get()
  }
  // Nobody else uses a server of one's own.
  if OwnServer.hasTurn { return try await run() }
  try await Turns.shared.take(server.url, run)
}

extension Site {
  private static let counter = Atomic<Int>(0)

  /// The statements that make the connection print values as a stream does.
  static let pinned = """
    SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres';
    SET bytea_output = 'hex'; SET extra_float_digits = 3; SET lc_monetary = 'C'
    """

  fileprivate static func open(_ server: TestServer) async throws -> Site {
    let number = counter.add(1, ordering: .relaxed).newValue
    let name = "it\(ProcessInfo.processInfo.processIdentifier)_\(number)x"
    let options = try server.options
    let sql = try await WireConnection.connect(options)
    try await sql.run("CREATE SCHEMA \(name); SET search_path = \(name); \(pinned)")
    return Site(server: server, name: name, sql: sql, options: options, url: server.url)
  }

  /// Makes the publication, for `TABLE t` or what else the words say.
  func publish(_ what: String) async throws {
    try await sql.run("CREATE PUBLICATION \(name) FOR \(what)")
  }

  /// Makes the collation `words`, by which only the server can compare.
  ///
  /// Not every server was built with ICU.
  func makeCollation() async throws {
    let hasICU = try await !sql.rows("SELECT FROM pg_collation WHERE collname = 'en-x-icu'").isEmpty
    try await sql.run(
      "CREATE COLLATION words \(hasICU ? "FROM pg_catalog.\"en-x-icu\"" : "(locale = 'C.UTF-8')")")
  }

  /// Makes the table `t` with these columns, and its publication.
  func publishTable(_ columns: String = "id int PRIMARY KEY") async throws {
    try await sql.run("CREATE TABLE t (\(columns))")
    try await publish("TABLE t")
  }

  /// Makes the table `t` with these columns, its publication and the slot.
  ///
  /// - Returns: A client for the slot.
  @discardableResult
  func prepare(_ columns: String = "id int PRIMARY KEY") async throws -> Client {
    try await publishTable(columns)
    let client = try client()
    try await client.ensureSlot()
    return client
  }

  /// Parameters for the slot and the publication; a missing slot is created.
  func params(_ adjust: (inout ReplicationParams) -> Void = { _ in }) -> ReplicationParams {
    var params = ReplicationParams(connection: options, slot: name, publications: [name])
    params.createsSlot = true
    params.logger = Logger(label: name) { _ in SwiftLogNoOpLogHandler() }
    adjust(&params)
    return params
  }

  /// A client for the slot and the publication.
  func client(_ adjust: (inout ReplicationParams) -> Void = { _ in }) throws -> Client {
    try Client(params(adjust))
  }

  /// How to connect so that the session has a setting.
  func url(setting: (name: String, value: String)) -> String {
    url + (url.contains("?") ? "&" : "?") + "options=-c%20\(setting.name)%3D\(setting.value)"
  }

  /// How to connect so that the server keeps as little of a transaction in memory as it can, and
  /// streams the rest.
  var streamingURL: String {
    url(
      setting: server.version >= 16
        ? ("debug_logical_replication_streaming", "immediate")
        : ("logical_decoding_work_mem", "64kB"))
  }

  /// The same site seen from another database, which is made for it.
  func inNewDatabase(_ clauses: String = "") async throws -> Site {
    try await sql.run("CREATE DATABASE \(name)db \(clauses)")
    let parts = url.split(separator: "?", maxSplits: 1)
    let query = parts.count > 1 ? "?\(parts[1])" : ""
    let text = String(parts[0]).replacing(#/\/[^\/]*$/#, with: "/\(name)db") + query
    let options = try ConnectionOptions(text)
    let connection = try await WireConnection.connect(options)
    try await connection.run(
      "CREATE SCHEMA \(name); SET search_path = \(name); \(Self.pinned)")
    return Site(server: server, name: name, sql: connection, options: options, url: text)
  }

  /// The same database under another role, as text.
  func url(user: String, password: String) throws -> String {
    var parts = try #require(URLComponents(string: url))
    parts.user = user
    parts.password = password
    return try #require(parts.string)
  }

  /// The same server under another role, or with more said in the connection string.
  func options(
    user: String? = nil, password: String? = nil, _ more: [String: String] = [:]
  ) throws -> ConnectionOptions {
    var parts = try #require(URLComponents(string: url))
    if let user { parts.user = user }
    if let password { parts.password = password }
    // As a URI has it: a plus sign stays one, and an ampersand would end the value.
    let safe = CharacterSet.alphanumerics
    let items = more.sorted { $0.key < $1.key }.map { name, value in
      URLQueryItem(name: name, value: value.addingPercentEncoding(withAllowedCharacters: safe))
    }
    parts.percentEncodedQueryItems = (parts.percentEncodedQueryItems ?? []) + items
    return try ConnectionOptions(try #require(parts.string))
  }

  /// The position that the slot has confirmed.
  func confirmedFlush() async throws -> LSN {
    try await sql.lsn(
      "SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = '\(name)'")
  }

  /// Whether a session holds the slot.
  func isActive() async throws -> Bool {
    try await sql.value("SELECT active FROM pg_replication_slots WHERE slot_name = '\(name)'")
      == "t"
  }

  /// Where the server's log ends.
  func currentLSN() async throws -> LSN {
    try await sql.lsn("SELECT pg_current_wal_lsn()")
  }
}

extension Site {
  /// Drops all that begins with the name, even if it is in use.
  fileprivate func cleanUp() async throws {
    let sql = try await WireConnection.connect(try server.options)
    defer { sql.close() }
    // What is prepared holds locks, for ever.
    for gid in try await sql.rows(
      "SELECT quote_literal(gid) FROM pg_prepared_xacts WHERE starts_with(gid, '\(name)')"
    ).compactMap({ $0.first ?? nil }) { try await sql.run("ROLLBACK PREPARED \(gid)") }
    let slots = "FROM pg_replication_slots WHERE starts_with(slot_name, '\(name)')"
    try await eventually("the slots of \(name) are gone") {
      try await sql.run("SELECT pg_terminate_backend(active_pid) \(slots) AND active")
      _ = try? await sql.query("SELECT pg_drop_replication_slot(slot_name) \(slots) AND NOT active")
      return try await sql.rows("SELECT 1 \(slots)").isEmpty
    }
    for (kind, catalog, column) in [
      ("PUBLICATION", "pg_publication", "pubname"), ("SCHEMA", "pg_namespace", "nspname"),
      ("DATABASE", "pg_database", "datname"), ("ROLE", "pg_roles", "rolname"),
    ] {
      let names = try await sql.rows(
        "SELECT quote_ident(\(column)) FROM \(catalog) WHERE starts_with(\(column), '\(name)')")
      for name in names.compactMap({ $0.first ?? nil }) {
        let suffix = ["SCHEMA": "CASCADE", "DATABASE": "WITH (FORCE)"][kind] ?? ""
        try await sql.run("DROP \(kind) \(name) \(suffix)")
      }
    }
  }
}
