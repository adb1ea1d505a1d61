import PGWire

/// What has to be known of the server before the stream is opened.
struct ServerFacts {
  /// The major version.
  let version: Int
  /// Where its log ends: everything that is committed by now lies before.
  let position: LSN
  /// The oids of the tables that are published, as the stream has them.
  let tables: Set<UInt32>

  /// Asks the server, again and again while it is only starting or restarting.
  static func ask(
    _ options: ConnectionOptions, _ publications: [String]
  ) async throws -> ServerFacts {
    var attempts = 0
    while true {
      do throws(PGWireError) {
        return try await askOnce(options, publications)
      } catch {
        attempts += 1
        guard error.category == .transient, attempts < 100 else { throw error }
      }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  private static func askOnce(
    _ options: ConnectionOptions, _ publications: [String]
  ) async throws(PGWireError) -> ServerFacts {
    let connection = try await WireConnection.connect(options)
    defer { connection.close() }
    let answer = try await connection.query(
      "SELECT current_setting('server_version_num') AS version, pg_current_wal_lsn() AS position")
    guard let version = answer.first?.first("version").flatMap({ Int($0) }),
      let position = answer.first?.first("position").flatMap({ LSN($0) })
    else { throw .unsupported("a server that tells neither its version nor its position") }
    let names = publications.map { "'\($0.replacing("'", with: "''"))'" }.joined(separator: ", ")
    let tables = try await connection.query(
      """
      SELECT c.oid FROM pg_publication_tables t JOIN pg_namespace n ON n.nspname = t.schemaname
      JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
      WHERE t.pubname IN (\(names))
      """)
    let oids = (tables.first?.rows ?? []).compactMap { ($0.first ?? nil).flatMap { UInt32($0) } }
    return ServerFacts(version: version / 10000, position: position, tables: Set(oids))
  }
}
