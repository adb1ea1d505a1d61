extension Subscription {
  /// What the database's catalog says about tables and the stream does not, like
  /// ``Duplex/describeTables(_:)``.
  ///
  /// - Throws: ``ReplicationError/closed`` while no stream is open.
  public func describeTables(
    _ oids: [UInt32]
  ) async throws(ReplicationError) -> [TableDescription] {
    guard let stream = context.control.stream else { throw .closed }
    return try await stream.describeTables(oids)
  }
}
