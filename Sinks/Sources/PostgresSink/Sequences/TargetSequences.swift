internal import ChangeSinks

/// The sequences of the target, beside those of the source.
struct TargetSequences {
  private let target: TargetConnection
  private let source: SourceSequences
  private let sequences: [ServerSequence]

  /// A session in the target in which names have to have their schemas.
  private static func open(
    _ settings: TargetSettings, _ activity: String
  ) throws(SinkError) -> TargetConnection {
    let target = try TargetConnection.open(settings)
    target.activity = activity
    try target.query("SELECT pg_catalog.set_config('search_path', '', false)")
    // Names are sent as literals.
    try target.query("SELECT pg_catalog.set_config('standard_conforming_strings', 'on', false)")
    return target
  }

  /// The tables that the sink mirrors, by the names that they have in the target.
  static func mirrored(
    _ settings: TargetSettings, slot: String, schema: String
  ) throws(SinkError) -> [MirroredTable] {
    let target = try open(settings, "reading which tables are mirrored")
    return try target.query(
      """
      SELECT oid, schema_name, table_name FROM \(schema.quotedName)."tables"
      WHERE slot = $1 ORDER BY schema_name, table_name
      """, [slot]
    ).compactMap { MirroredTable($0) }
  }

  /// Reads them.
  init(
    _ settings: TargetSettings, _ source: SourceSequences, mirrored: [MirroredTable],
    activity: String
  ) throws(SinkError) {
    target = try Self.open(settings, activity)
    self.source = source
    let tables = (mirrored + source.unmirrored).map { [$0.schema, $0.name] }
    var places = Set(tables)
    for sequence in source.sequences {
      for place in sequence.places { places.insert([place.schema, place.table]) }
    }
    let shared = source.sequences.filter { $0.owner == nil }.map(\.key)
    var found = ServerSequence.all(
      try target.query(
        SequenceSQL.sequences(of: SequenceSQL.tables(named: Array(places)), named: shared)))
    for question in found.questions {
      let states = try target.query(question)
      found.note(states)
    }
    sequences = found
  }

  /// The target's sequence that continues one of the source.
  private func counterpart(of sequence: ServerSequence) -> ServerSequence? {
    guard let owner = sequence.owner else { return sequences.first { $0.key == sequence.key } }
    let owned = sequences.filter { $0.owner == owner }
    if let same = owned.first(where: { $0.key == sequence.key }) { return same }
    guard source.sequences.count(where: { $0.owner == owner }) == 1 else { return nil }
    if !owned.isEmpty { return owned.count == 1 ? owned[0] : nil }
    // One that a default uses is as good, unless it continues another sequence.
    let used = sequences.filter { other in
      other.users.contains(owner)
        && !source.sequences.contains { $0.key == other.key && $0.key != sequence.key }
    }
    return used.count == 1 ? used[0] : nil
  }

  /// Sets those that are behind the ones of the source.
  func copy(margin: Int64) throws(SinkError) -> SequenceCopy {
    var changed: [CopiedSequence] = []
    for sequence in source.sequences {
      guard let own = counterpart(of: sequence),
        let wanted = sequence.continuation(in: own, margin: margin), own.isBehind(wanted)
      else { continue }
      try target.query(
        """
        SELECT pg_catalog.setval(
          $1::pg_catalog.regclass, $2::pg_catalog.int8, $3::pg_catalog.bool)
        """, [own.name, "\(wanted.value)", wanted.isCalled ? "t" : "f"])
      changed.append(
        CopiedSequence(name: own.name, value: wanted.value, isCalled: wanted.isCalled))
    }
    var copy = SequenceCopy(sequences: changed)
    for sequence in source.sequences {
      if let state = sequence.state { copy.states[sequence.name] = state }
    }
    return copy
  }

  /// Compares them with those of the source.
  ///
  /// - Parameter copy: What was copied before.
  func check(after copy: SequenceCopy?) throws(SinkError) -> SequenceCheck {
    var ready: [String] = []
    var faults = source.unmirrored.map { SequenceFault.unmirrored(table: $0.title) }
    for sequence in source.sequences {
      guard let own = counterpart(of: sequence) else {
        if try hasColumn(sequence.places) { faults.append(missing(sequence)) }
        continue
      }
      let found = Self.faults(sequence, own, after: copy)
      if found.isEmpty { ready.append(own.name) } else { faults += found }
    }
    return SequenceCheck(ready: ready, faults: faults)
  }

  private func missing(_ sequence: ServerSequence) -> SequenceFault {
    if let owner = sequence.owner,
      source.sequences.count(where: { $0.owner == owner }) == 1
    {
      return .missing(column: owner.name)
    }
    return .missingSequence(sequence.name)
  }

  private static func faults(
    _ sequence: ServerSequence, _ own: ServerSequence, after copy: SequenceCopy?
  ) -> [SequenceFault] {
    var faults: [SequenceFault] = []
    if sequence.state == nil { faults.append(.unreadable(sequence: sequence.name)) }
    if own.state == nil { faults.append(.unreadableInTarget(sequence: own.name)) }
    guard faults.isEmpty, let wanted = sequence.continuation(in: own) else { return faults }
    if let former = copy?.states[sequence.name], former != sequence.state {
      return [.used(sequence: sequence.name)]
    }
    if own.isBehind(wanted) {
      return [.behind(sequence: own.name, next: wanted.next(increment: own.increment))]
    }
    return []
  }

  /// Whether the target has one of the columns.
  private func hasColumn(_ columns: Set<ServerSequence.Column>) throws(SinkError) -> Bool {
    for column in columns {
      let found = try target.query(
        """
        SELECT 1 FROM pg_catalog.pg_attribute AS a
        JOIN pg_catalog.pg_class AS t ON t.oid = a.attrelid
        JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
        WHERE n.nspname = $1::pg_catalog.text AND t.relname = $2::pg_catalog.text
          AND a.attname = $3::pg_catalog.text AND NOT a.attisdropped
        """, [column.schema, column.table, column.column])
      if !found.isEmpty { return true }
    }
    return false
  }
}
