internal import PGWire
internal import ReplicationCore

/// What the source has: the tables that are published, and the sequences of mirrored tables.
struct SourceSequences: Sendable {
  /// Published tables that the sink has never written.
  let unmirrored: [MirroredTable]
  /// In the order of their tables.
  let sequences: [ServerSequence]

  /// Asks the source.
  ///
  /// - Parameter mirrored: The tables that the sink mirrors.
  /// - Throws: `ReplicationError` if it can't be asked, or lacks a publication.
  static func read(
    _ params: ReplicationParams, mirrored: [MirroredTable]
  ) async throws(ReplicationError) -> SourceSequences {
    let answer = try await ask(params, mirrored)
    let missing = params.publications.filter { !answer.publications.contains($0) }
    guard missing.isEmpty else { throw .publicationsMissing(missing) }
    let known = Set(mirrored.map(\.oid))
    return SourceSequences(
      unmirrored: answer.published.filter { !known.contains($0.oid) },
      sequences: answer.sequences)
  }

  private struct Answer {
    var publications: Set<String> = []
    var published: [MirroredTable] = []
    var sequences: [ServerSequence] = []
  }

  private static func ask(
    _ params: ReplicationParams, _ mirrored: [MirroredTable]
  ) async throws(ReplicationError) -> Answer {
    do throws(PGWireError) {
      let source = try await WireConnection.connect(
        params.connection, settings: SourceCatalog.settings)
      defer { source.close() }
      var answer = Answer()
      let names = try await rows(source, SequenceSQL.publications(params.publications))
      answer.publications = Set(names.compactMap { $0.first ?? nil })
      let published = try await rows(
        source, SequenceSQL.publishedTables(by: params.publications))
      answer.published = published.compactMap { MirroredTable($0) }
      let oids = Set((mirrored + answer.published).map(\.oid)).sorted()
      // A table that was renamed has its former name in the target until its next change.
      var tables: [String: MirroredTable] = [:]
      for table in mirrored { tables[table.oid] = table }
      var sequences = ServerSequence.all(
        try await rows(source, SequenceSQL.sequences(of: SequenceSQL.tables(oids: oids))),
        tables: tables)
      for question in sequences.questions {
        let states = try await rows(source, question)
        sequences.note(states)
      }
      answer.sequences = sequences
      return answer
    } catch {
      throw .connection(error)
    }
  }

  private static func rows(
    _ source: WireConnection, _ sql: String
  ) async throws(PGWireError) -> [[String?]] {
    try await source.query(sql).first?.rows ?? []
  }
}
