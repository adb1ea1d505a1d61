public import PGOutput

extension Client {
  /// What the database's catalogue says now about the types that its users and extensions made.
  ///
  /// A stream names these types and doesn't say what they are made of: with the catalogue enums,
  /// composites, domains, ranges, and arrays of them are decoded as what they are, see `RowReader`.
  /// It is as the types are now; a stream that is behind may meet some that have changed since.
  ///
  /// - Throws: ``ReplicationError``, if the control connection can't be had.
  ///
  /// Tables: pg_type, pg_enum, pg_range, pg_attribute,
  /// <https://www.postgresql.org/docs/current/catalog-pg-type.html>
  public func typeCatalog() async throws(ReplicationError) -> TypeCatalog {
    try await withControl { control throws(ControlError) in try control.typeCatalog() }
  }
}
