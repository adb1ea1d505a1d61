extension Duplex {
  /// What the database's catalog says about tables and the stream does not: primary keys, NOT NULL
  /// and defaults.
  ///
  /// It reads the current catalog, over a separate connection (libpq) that is closed afterwards;
  /// the stream may be behind.
  ///
  /// - Parameter oids: Tables: `Relation.oid`.
  /// - Returns: The tables that exist, in no order. A table that was dropped since is not an error.
  /// - Throws: ``ReplicationError`` if the server can't be asked.
  public func describeTables(
    _ oids: [UInt32]
  ) async throws(ReplicationError) -> [TableDescription] {
    guard !oids.isEmpty else { return [] }
    return try await withControlConnection(server) { control throws(ControlError) in
      try control.describeTables(oids)
    }
  }
}
