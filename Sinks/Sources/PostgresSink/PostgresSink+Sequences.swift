internal import ChangeSinks
public import ReplicationCore

/// The value of a sequence that was copied.
public struct CopiedSequence: Hashable, Sendable {
  /// The sequence in the target, with its schema.
  public let name: String
  /// The value that it has now; the next one comes after it.
  public let value: Int64
}

/// How sequences of the target compare with those of the source.
public struct SequenceCheck: Hashable, Sendable {
  /// The sequences in the target that continue behind those of the source, with their schemas.
  public let ready: [String]
  /// What is in the way of an application that is to use the target.
  public let faults: [SequenceFault]
}

/// A sequence of the source that the target can't continue.
@nonexhaustive public enum SequenceFault: Hashable, Sendable {
  /// The column, as `schema.table.column`, has a sequence in the source, and none in the target.
  case missing(column: String)
  /// The role that the source is asked by may not read the sequence.
  case unreadable(sequence: String)
  /// The sequence of the target has not come to the value that the source's one has by now.
  case behind(sequence: String, value: Int64)
}

extension SequenceFault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .missing(let column):
      "\(column) has a sequence in the source, and none in the target: create it there, as "
        + "pg_dump --schema-only prints it, and start this again"
    case .unreadable(let sequence):
      "the value of \(sequence) may not be read in the source: GRANT SELECT ON SEQUENCE "
        + "\(sequence) to the role, and start this again"
    case .behind(let sequence, let value):
      "\(sequence) is not behind \(value), which the source has given by now: is an application "
        + "still using the source?"
    }
  }
}

extension PostgresSink {
  /// Gives sequences of the target the values that those of the source have.
  ///
  /// A stream has the values that columns got, and nothing of the sequences they came from. To move
  /// an application to the target, stop it, wait until the sink has everything, call this, and
  /// start the application with the target.
  ///
  /// It concerns sequences that belong to columns (`serial`, identities, `OWNED BY`) of mirrored
  /// tables, where a column of the same name has one on both sides. Tables that the sink has made
  /// have none: create the tables before, with `pg_dump --schema-only` for example. A sequence that
  /// is further in the target stays as it is.
  ///
  /// - Parameters:
  ///   - params: The source, and the slot whose tables are meant.
  ///   - margin: How many values are left out, in case that the application still runs.
  /// - Returns: The sequences that were changed.
  /// - Throws: ``/ChangeSinks/SinkError``, or ``/ReplicationCore/ReplicationError`` if the source
  ///   can't be asked.
  ///
  /// PostgreSQL: <https://www.postgresql.org/docs/current/functions-sequence.html>
  public func copySequences(
    from params: ReplicationParams, margin: Int64 = 0
  ) async throws -> [CopiedSequence] {
    let sequences = try await OwnedSequence.all(of: params.connection)
    let settings = try await settings(slot: params.slot)
    let (slot, schema) = (params.slot, options.stateSchema)
    return try await BlockingThread.run { () throws(SinkError) -> [CopiedSequence] in
      try OwnedSequence.copy(sequences, settings, slot: slot, schema: schema, margin: margin)
    }
  }

  /// Compares the sequences that ``copySequences(from:margin:)`` is about with those of the source,
  /// as they are now.
  ///
  /// Call it afterwards. Sequences that the target has no columns for are left out.
  ///
  /// - Parameter params: The source, and the slot whose tables are meant.
  /// - Throws: ``/ChangeSinks/SinkError``, or ``/ReplicationCore/ReplicationError`` if the source
  ///   can't be asked.
  public func checkSequences(from params: ReplicationParams) async throws -> SequenceCheck {
    let sequences = try await OwnedSequence.all(of: params.connection)
    let settings = try await settings(slot: params.slot)
    let (slot, schema) = (params.slot, options.stateSchema)
    return try await BlockingThread.run { () throws(SinkError) -> SequenceCheck in
      try OwnedSequence.check(sequences, settings, slot: slot, schema: schema)
    }
  }
}
