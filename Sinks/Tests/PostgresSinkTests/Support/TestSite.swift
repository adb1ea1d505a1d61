import ChangeSinks
import Foundation
import PGWire
import PostgresSink
import ReplicationCore
import Testing

/// Tables of a schema in the source, published under its name, and what mirrors them.
struct TestSite: Sendable {
  /// The name of the schema, the publication and the slot.
  let name: String
  let source: WireConnection
  let target: WireConnection
  private let urls: (source: String, target: String)

  /// Values are printed alike on both sides.
  private static var settings: [String: String] {
    [
      "DateStyle": "ISO, YMD", "TimeZone": "UTC",
      "IntervalStyle": "postgres", "extra_float_digits": "3", "bytea_output": "hex",
      "lc_monetary": "C",
    ]
  }

  /// Creates the schema with tables, publishes them, and runs `body`.
  ///
  /// - Parameter tables: SQL that creates them, without their schema.
  static func with(
    _ name: String, tables: String, _ body: (TestSite) async throws -> Void
  ) async throws {
    let urls = (source: try #require(Servers.source), target: try #require(Servers.target))
    let site = TestSite(
      name: name,
      source: try await WireConnection.connect(
        try ConnectionOptions(urls.source), settings: settings),
      target: try await WireConnection.connect(
        try ConnectionOptions(urls.target), settings: settings),
      urls: urls)
    defer {
      site.source.close()
      site.target.close()
    }
    // A name without a schema is one of the site's.
    for connection in [site.source, site.target] {
      try await connection.run("SET search_path = \(name)")
    }
    try await site.remove()
    try await site.source.run("CREATE SCHEMA \(name)")
    try await site.source.run("\(tables); CREATE TABLE marks (id int PRIMARY KEY)")
    let names = try await site.source.rows(
      "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = '\(name)'")
    let list = names.compactMap { $0.first ?? nil }.joined(separator: ", ")
    try await site.source.run("CREATE PUBLICATION \(name) FOR TABLE \(list)")
    try await body(site)
    try await site.remove()
  }

  private func remove() async throws {
    try await source.run(
      """
      SELECT pg_catalog.pg_drop_replication_slot(slot_name)
      FROM pg_catalog.pg_replication_slots WHERE slot_name = '\(name)'
      """)
    try await source.run("DROP PUBLICATION IF EXISTS \(name)")
    for connection in [source, target] {
      try await connection.run(
        """
        SET client_min_messages = warning; DROP SCHEMA IF EXISTS \(name) CASCADE;
        DROP SCHEMA IF EXISTS \(name)_state CASCADE
        """)
    }
  }

  /// The source, for a connector.
  var params: ReplicationParams {
    get throws {
      var params = try ReplicationParams(url: urls.source, slot: name, publications: [name])
      params.createsSlot = true
      // So that a test need not wait.
      params.statusInterval = .milliseconds(500)
      return params
    }
  }

  /// The target, for a sink.
  var options: PostgresSinkOptions {
    var options = PostgresSinkOptions(connection: urls.target)
    options.stateSchema = "\(name)_state"
    options.endsFormerSession = true
    return options
  }

  /// Ends the sink's session in the target while it is in a transaction that has written.
  ///
  /// - Returns: Whether there was one.
  func endSinkInTransaction() async throws -> Bool {
    let rows = try await target.rows(
      """
      SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
      WHERE application_name = 'pgcdc \(name)' AND backend_xid IS NOT NULL
      """)
    return !rows.isEmpty
  }

  /// The tables whose rows differ, with the first difference.
  func differences(_ tables: [String]) async throws -> [String] {
    var found: [String] = []
    for table in tables {
      let sql = "SELECT t::text FROM \(table) AS t ORDER BY t::text COLLATE \"C\""
      let expected = try await source.rows(sql).compactMap { $0.first ?? nil }
      let mirrored = try await target.rows(sql).compactMap { $0.first ?? nil }
      guard expected != mirrored else { continue }
      let first = zip(expected, mirrored).first { $0 != $1 }
      found.append(
        "\(table): \(expected.count) and \(mirrored.count) rows; "
          + "\(first.map { "\($0.0.prefix(200)) is not \($0.1.prefix(200))" } ?? "")")
    }
    return found
  }
}

/// Plain SQL in tests.
extension WireConnection {
  /// Runs statements, and forgets what they return.
  func run(_ sql: String) async throws {
    _ = try await query(sql, answerTimeout: nil)
  }

  /// The rows of the last statement.
  func rows(_ sql: String) async throws -> [[String?]] {
    try await query(sql, answerTimeout: nil).last?.rows ?? []
  }
}
