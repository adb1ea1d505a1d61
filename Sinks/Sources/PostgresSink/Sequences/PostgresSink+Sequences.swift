internal import ChangeSinks
public import ReplicationCore

extension PostgresSink {
  /// Gives sequences of the target the values that those of the source have.
  ///
  /// A stream has the values that columns got, and nothing of the sequences they came from. To move
  /// an application to the target, stop it, wait until the sink has everything, call this, and
  /// start the application with the target.
  ///
  /// It concerns sequences that belong to columns (`serial`, identities, `OWNED BY`) of published
  /// and mirrored tables and of the tables that these inherit from, where a column of the same name
  /// has one on both sides; and those that defaults of such columns use, which are found by name in
  /// the target. Tables that the sink has made have none: create the tables before, with
  /// `pg_dump --schema-only` for example. A sequence that is further in the target stays as it is,
  /// and so does one that the sink's role may not read. The role that asks the source needs
  /// `SELECT` on the sequences.
  ///
  /// - Parameters:
  ///   - params: The source, and the slot whose tables are meant.
  ///   - margin: How many values are left out, in case that the application still runs.
  /// - Returns: The sequences that were changed, and what ``checkSequences(from:after:)`` needs.
  /// - Throws: ``/ChangeSinks/SinkError``, or ``/ReplicationCore/ReplicationError`` if the source
  ///   can't be asked.
  ///
  /// PostgreSQL: <https://www.postgresql.org/docs/current/functions-sequence.html>
  public func copySequences(
    from params: ReplicationParams, margin: Int64 = 0
  ) async throws -> SequenceCopy {
    try await withSequences(of: params, "copying the values of sequences") {
      sequences throws(SinkError) -> SequenceCopy in
      try sequences.copy(margin: margin)
    }
  }

  /// Compares the sequences that ``copySequences(from:margin:)`` is about with those of the source,
  /// as they are now, and the published tables with those that the sink mirrors.
  ///
  /// Call it afterwards. Sequences that the target has no columns for are left out.
  ///
  /// - Parameters:
  ///   - params: The source, and the slot whose tables are meant.
  ///   - copy: What was copied: a sequence that the source has used since then is a fault, even
  ///     within the margin.
  /// - Throws: ``/ChangeSinks/SinkError``, or ``/ReplicationCore/ReplicationError`` if the source
  ///   can't be asked.
  public func checkSequences(
    from params: ReplicationParams, after copy: SequenceCopy? = nil
  ) async throws -> SequenceCheck {
    try await withSequences(of: params, "comparing sequences") {
      sequences throws(SinkError) -> SequenceCheck in
      try sequences.check(after: copy)
    }
  }

  /// Reads the sequences on both sides, and runs `body` on a thread that may block.
  private func withSequences<R: Sendable>(
    of params: ReplicationParams, _ activity: String,
    _ body: @escaping @Sendable (TargetSequences) throws(SinkError) -> R
  ) async throws -> R {
    let settings = try await settings(slot: params.slot)
    let (slot, schema) = (params.slot, options.stateSchema)
    let mirrored = try await BlockingThread.run { () throws(SinkError) -> [MirroredTable] in
      try TargetSequences.mirrored(settings, slot: slot, schema: schema)
    }
    let source = try await SourceSequences.read(params, mirrored: mirrored)
    return try await BlockingThread.run { () throws(SinkError) -> R in
      try body(
        try TargetSequences(settings, source, mirrored: mirrored, activity: activity))
    }
  }
}
