/// How a column's values are ordered, as a text that is the same on two servers only if they order
/// values alike.
///
/// Ranges of a key are deleted by comparing keys in the target, as the source has compared them.
/// Most types have one order; text has that of its collation, which a library of the system
/// defines.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/collation.html>
enum KeyOrder {
  /// Byte by byte.
  static let bytes = "bytes"

  /// An expression for the order of the column `a` of `pg_attribute`; NULL if it can't be known.
  ///
  /// - `type`: the type alone decides.
  /// - `bytes`: texts are compared byte by byte.
  /// - `i de 153.120`: the provider, the locale, and the version of the library.
  ///
  /// - Parameter version: The server's major version: some columns and functions are newer. The row
  ///   is read as JSON, in which a column may be missing.
  static func expression(serverVersion version: Int) -> String {
    let databaseVersion =
      version >= 15
      ? "pg_catalog.pg_database_collation_actual_version(d.oid)"
      : """
      (SELECT pg_catalog.pg_collation_actual_version(n.oid) FROM pg_catalog.pg_collation AS n
        WHERE n.collprovider = 'c' AND \(normal("n.collcollate")) = \(normal("d.datcollate"))
        LIMIT 1)
      """
    return """
      CASE WHEN a.attcollation = 0 THEN 'type' ELSE (
        SELECT CASE
          WHEN o.provider = 'b' OR o.provider = 'c' AND o.locale IN ('C', 'POSIX') THEN '\(bytes)'
          ELSE o.provider || ' ' || \(normal("o.locale")) || ' '
            || CASE WHEN o.provider = 'c' AND o.locale LIKE 'C.%' THEN 'fixed' ELSE o.version END
          END
        FROM (
          SELECT
            CASE WHEN c.collprovider = 'd'
              THEN COALESCE(pg_catalog.to_jsonb(d) ->> 'datlocprovider', 'c')
              ELSE c.collprovider::pg_catalog.text END AS provider,
            CASE WHEN c.collprovider = 'd'
              THEN COALESCE(pg_catalog.to_jsonb(d) ->> 'datlocale',
                pg_catalog.to_jsonb(d) ->> 'daticulocale', d.datcollate::pg_catalog.text)
              ELSE COALESCE(pg_catalog.to_jsonb(c) ->> 'colllocale',
                pg_catalog.to_jsonb(c) ->> 'colliculocale', c.collcollate::pg_catalog.text)
              END AS locale,
            CASE WHEN c.collprovider = 'd' THEN \(databaseVersion)
              ELSE pg_catalog.pg_collation_actual_version(c.oid) END AS version
          FROM pg_catalog.pg_collation AS c CROSS JOIN pg_catalog.pg_database AS d
          WHERE c.oid = a.attcollation AND d.datname = pg_catalog.current_database()) AS o
        ) END
      """
  }

  /// A locale's name in one spelling: `en_US.UTF-8` is `en_US.utf8` too.
  private static func normal(_ locale: String) -> String {
    "pg_catalog.replace(pg_catalog.lower(\(locale)::pg_catalog.text), '-', '')"
  }
}
