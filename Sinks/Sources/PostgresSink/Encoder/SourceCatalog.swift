internal import PGWire
internal import ReplicationCore

/// What the source's catalog says of a table, and the stream does not.
struct SourceCatalog: Sendable {
  /// The source.
  let connection: ConnectionOptions

  /// Facts about a table.
  struct Facts: Sendable {
    /// The columns of the primary key, in its order.
    var primaryKey: [String] = []
    /// The columns' orders, by their names.
    var orders: [String: String] = [:]
    /// Those of the tables asked about that exist.
    var existing: Set<UInt32> = []
  }

  /// With an empty path a name without a schema is one of `pg_catalog`, operators included.
  static let settings = [
    "search_path": "", "standard_conforming_strings": "on", "statement_timeout": "0",
    "default_transaction_isolation": "read committed",
  ]

  /// Asks about a table.
  ///
  /// - Parameter other: Another table, of which only is asked whether it exists.
  /// - Throws: `ReplicationError` if the source can't be asked.
  ///
  /// PostgreSQL: <https://www.postgresql.org/docs/current/catalog-pg-attribute.html>
  func facts(of oid: UInt32, and other: UInt32?) async throws(ReplicationError) -> Facts {
    do throws(PGWireError) {
      let source = try await WireConnection.connect(connection, settings: Self.settings)
      defer { source.close() }
      let version = Self.majorVersion(source.parameter("server_version") ?? "")
      let columns = try await source.query(Self.columns(of: oid, serverVersion: version))
      let tables = try await source.query(
        "SELECT oid FROM pg_catalog.pg_class WHERE oid IN (\(oid), \(other ?? oid))")
      return Self.facts(columns.first?.rows ?? [], tables.first?.rows ?? [])
    } catch {
      throw .connection(error)
    }
  }

  private static func facts(_ columns: [[String?]], _ tables: [[String?]]) -> Facts {
    var facts = Facts()
    var key: [(place: Int, name: String)] = []
    for row in columns where row.count == 3 {
      guard let name = row[0] else { continue }
      if let place = row[1].flatMap({ Int($0) }) { key.append((place, name)) }
      if let order = row[2] { facts.orders[name] = order }
    }
    facts.primaryKey = key.sorted { $0.place < $1.place }.map(\.name)
    for row in tables {
      if let text = row.first, let oid = text.flatMap({ UInt32($0) }) { facts.existing.insert(oid) }
    }
    return facts
  }

  /// A primary key may include columns that are not part of the key; they come after its own.
  private static func columns(of oid: UInt32, serverVersion: Int) -> String {
    """
    SELECT a.attname, (
        SELECT parts.place FROM pg_catalog.unnest(i.indkey::pg_catalog.int2[])
          WITH ORDINALITY AS parts (number, place)
        WHERE parts.number = a.attnum AND parts.place <= i.indnkeyatts),
      \(KeyOrder.expression(serverVersion: serverVersion))
    FROM pg_catalog.pg_attribute AS a
    LEFT JOIN pg_catalog.pg_index AS i ON i.indrelid = a.attrelid AND i.indisprimary
    WHERE a.attrelid = \(oid) AND a.attnum > 0 AND NOT a.attisdropped
    """
  }

  /// The number in front of `15.18 (Debian …)`.
  static func majorVersion(_ text: String) -> Int {
    Int(text.prefix { $0.isASCII && $0.isNumber }) ?? 0
  }
}
