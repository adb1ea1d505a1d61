extension Subscription {
  /// What the database's catalog says about tables and the stream does not, like
  /// ``Duplex/describeTables(_:)``.
  ///
  /// While no stream is open, which is so during an initial snapshot, the server is asked over the
  /// control connection.
  ///
  /// - Throws: ``ReplicationError`` if the server can't be asked.
  public func describeTables(
    _ oids: [UInt32]
  ) async throws(ReplicationError) -> [TableDescription] {
    guard let stream = context.control.stream else {
      return try await context.client.describeTables(oids)
    }
    return try await stream.describeTables(oids)
  }
}
