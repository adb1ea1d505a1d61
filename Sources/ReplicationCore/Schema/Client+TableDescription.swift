extension Client {
  /// What the database's catalog says about tables and the stream does not, like
  /// ``Duplex/describeTables(_:)``, over the client's control connection.
  ///
  /// - Throws: ``ReplicationError`` if the server can't be asked.
  public func describeTables(
    _ oids: [UInt32]
  ) async throws(ReplicationError) -> [TableDescription] {
    guard !oids.isEmpty else { return [] }
    return try await withControl { control throws(ControlError) in
      try control.describeTables(oids)
    }
  }
}
