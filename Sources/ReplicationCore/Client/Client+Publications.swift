internal import Logging
internal import PGWire

/// The result of making sure that a publication exists.
@nonexhaustive public enum PublicationOutcome: Hashable, Sendable {
  /// It existed and matched the definition.
  case exists
  /// It did not exist and was created.
  case created
  /// It existed and was altered; how it had differed.
  case altered([String])
}

extension Client {
  /// Makes sure that a publication exists and matches its definition.
  ///
  /// Call this before the slot is created: a publication that is newer than the WAL that the slot
  /// still has to read does not exist at that position, and the stream fails there.
  ///
  /// - Parameters:
  ///   - definition: The wanted definition.
  ///   - alters: Whether to alter a publication that differs.
  /// - Throws: ``ReplicationError/publicationMismatch(_:differences:)`` if it differs and may not
  ///   or can't be altered; ``ReplicationError/publicationAfterSlot(_:slot:)`` if it is missing
  ///   while the slot exists; ``ReplicationError/requiresServer(feature:since:found:)``.
  ///
  /// Statements: CREATE PUBLICATION, ALTER PUBLICATION.
  @discardableResult
  public func ensurePublication(
    _ definition: PublicationDefinition, alters: Bool = false
  ) async throws(ReplicationError) -> PublicationOutcome {
    let (server, state, slot) = try await withControl { [slotName] control throws(ControlError) in
      (
        control.serverVersion, try control.publicationState(definition.name),
        try control.ask(.slot(slotName))
      )
    }
    try definition.check(server: server)
    guard let state else {
      if let slot, slot.plugin == "pgoutput", !slot.isLost {
        throw .publicationAfterSlot(definition.name, slot: slot.name)
      }
      let command = try definition.creation()
      try await withControl { control throws(ControlError) in try control.execute(command) }
      params.logger.notice(
        "publication created", metadata: ["publication": "\(definition.name)"])
      return .created
    }
    let differences = state.differences(from: definition)
    if differences.isEmpty { return .exists }
    guard alters, state.publication.isForAllTables == definition.forAllTables else {
      throw .publicationMismatch(definition.name, differences: differences)
    }
    let commands = try definition.alteration(of: state)
    try await withControl { control throws(ControlError) in
      try control.execute("BEGIN")
      for command in commands { try control.execute(command) }
      try control.execute("COMMIT")
    }
    params.logger.notice(
      "publication altered",
      metadata: ["publication": "\(definition.name)", "was": "\(differences)"])
    return .altered(differences)
  }

  /// The tables that the publications cover, partitions included, with their replica identities.
  ///
  /// - Throws: ``ReplicationError/publicationsMissing(_:)``.
  public func publishedTables() async throws(ReplicationError) -> [PublishedTable] {
    let missing = try await missingPublications()
    guard missing.isEmpty else { throw .publicationsMissing(missing) }
    return try await withControl { [params] control throws(ControlError) in
      var tables: [PublishedTable] = []
      for name in params.publications { tables += try control.ask(.publishedTables(of: name)) }
      return tables
    }
  }

  /// Checks that the publications exist, before a slot is created for them or streamed from.
  ///
  /// - Parameter connection: The connection to ask over, if not the control connection.
  func requirePublications(
    over connection: WireConnection? = nil
  ) async throws(ReplicationError) {
    guard params.plugin == "pgoutput" else { return }
    let missing = try await missingPublications(over: connection)
    guard missing.isEmpty else { throw .publicationsMissing(missing) }
  }

  private func missingPublications(
    over connection: WireConnection? = nil
  ) async throws(ReplicationError) -> [String] {
    var missing: [String] = []
    for name in params.publications
    where try await !ask(.publicationExists(name), over: connection) {
      missing.append(name)
    }
    return missing
  }

  /// Sets a table's replica identity.
  ///
  /// Takes an ACCESS EXCLUSIVE lock for a moment, and waits for all transactions that use the
  /// table.
  ///
  /// - Parameters:
  ///   - identity: What old rows are identified by.
  ///   - table: The table's exact name, without its schema.
  /// - Throws: ``ReplicationError`` if the server refuses: the role must own the table.
  ///
  /// Statement: ALTER TABLE … REPLICA IDENTITY.
  public func setReplicaIdentity(
    _ identity: TableReplicaIdentity, of table: String, schema: String = "public"
  ) async throws(ReplicationError) {
    let name = try PublicationTable(table, schema: schema).qualified()
    let command: SQL =
      switch identity {
      case .default: "ALTER TABLE \(name) REPLICA IDENTITY DEFAULT"
      case .full: "ALTER TABLE \(name) REPLICA IDENTITY FULL"
      case .nothing: "ALTER TABLE \(name) REPLICA IDENTITY NOTHING"
      case .index(let index):
        "ALTER TABLE \(name) REPLICA IDENTITY USING INDEX \(try Identifier(index))"
      }
    try await withControl { control throws(ControlError) in try control.execute(command) }
  }
}

extension Client {
  /// The columns of the publications that end a stream in binary: arrays, composites and the like
  /// of types without a send function.
  ///
  /// A value whose own type has none comes as text. For a value in an array the server notices only
  /// when it sends the value, and ends the stream with SQLSTATE 42883, which names no column.
  package func columnsWithoutBinary() async throws(ReplicationError) -> [ColumnWithoutBinary] {
    try await withControl { [params] control throws(ControlError) in
      var columns: [ColumnWithoutBinary] = []
      for name in params.publications {
        columns += try control.ask(.columnsWithoutBinary(of: name))
      }
      return columns
    }
  }
}
