internal import PGOutput
internal import PGWire

/// Transactions, before and while they are delivered.
extension IncrementalDelivery {
  /// A transaction is delivered while no table is being read.
  mutating func passWhileIdle(_ xid: UInt32) {
    machine.idle.note(xid)
  }

  mutating func begin(xid: UInt32, commitLSN: LSN) throws(ReplicationError) -> Attention {
    waiting = nil
    do {
      return try machine.begin(xid: xid, commitLSN: commitLSN)
    } catch {
      throw .snapshotRefused(.transactionID(xid))
    }
  }

  /// Looks at a change of the next transaction before any of it is delivered.
  ///
  /// - Returns: What could not be placed: the server has to be asked.
  mutating func scan(_ change: TransactionChange) -> [UndecidedChange] {
    switch change {
    case .insert(let row), .update(let row), .delete(let row):
      let oid = row.relation.oid
      guard let shape = machine.tables[oid]?.shape else { return [] }
      return scan(keyChange(change, row, shape), of: oid).map { [$0] } ?? []
    case .truncate(let truncate, _):
      for relation in truncate.relations { machine.scanWhole(relation.oid) }
      return []
    default: return []
    }
  }

  /// - Returns: The change, if the server has to be asked.
  mutating func scan(_ change: KeyChange, of table: UInt32) -> UndecidedChange? {
    let keys = machine.scan(change, of: table)
    return keys.isEmpty ? nil : UndecidedChange(table: table, change: change, keys: keys)
  }

  /// It is not known where the next transaction changes a table.
  mutating func scanWhole(_ table: UInt32) {
    machine.scanWhole(table)
  }

  /// Whether the transaction that was looked at can be delivered.
  mutating func admission(now: Instant = .now) -> Admission {
    let admission = machine.admission()
    guard admission != .proceed else {
      waiting = nil
      return .proceed
    }
    if waiting?.for != admission { waiting = (admission, now) }
    if case .waitForSnapshot(let id) = admission, let since = waiting?.since,
      now - since >= longestWait
    {
      waiting = nil
      retries.failed(id.table, now: now)
      machine.waitedTooLong(id)
      return machine.admission()
    }
    return admission
  }

  mutating func judge(_ change: TransactionChange) -> Judgement {
    switch change {
    case .insert(let row), .update(let row), .delete(let row):
      let oid = row.relation.oid
      guard let shape = machine.tables[oid]?.shape else { return .deliver(change) }
      let key = keyChange(change, row, shape)
      switch machine.judge(key, of: oid) {
      case .deliver: return .deliver(change)
      case .drop: return .drop
      case .deliverDelete: return row.asDelete.map { .deliver(.delete($0)) } ?? .drop
      case .deliverInsert: return .deliver(.insert(row.asInsert))
      case .undecided(let keys):
        return .undecided(UndecidedChange(table: oid, change: key, keys: keys))
      }
    case .truncate(let truncate, let lsn):
      return judge(truncate, at: lsn)
    default: return .deliver(change)
    }
  }

  mutating func judge(_ truncate: Truncate, at lsn: LSN) -> Judgement {
    var kept: [Relation] = []
    for relation in truncate.relations {
      switch machine.judgeTruncate(of: relation.oid) {
      case .deliver: kept.append(relation)
      case .drop: continue
      case .deliverAndReadAgain:
        restarted(relation.oid)
        kept.append(relation)
      }
    }
    drive()
    if kept.count == truncate.relations.count { return .deliver(.truncate(truncate, at: lsn)) }
    return kept.isEmpty ? .drop : .deliver(.truncate(truncate.limited(to: kept), at: lsn))
  }

  /// What of a change only the server can place; nothing is done about it.
  mutating func undecided(_ change: TransactionChange) -> UndecidedChange? {
    guard let row = change.row, let shape = machine.tables[row.relation.oid]?.shape,
      let keyChange = keys.key(change, row, shape)
    else { return nil }
    let oid = row.relation.oid
    if machine.hasNoOrder(oid) { return nil }
    let undecided = keyChange.keys.filter { machine.place(of: $0, in: oid) == nil }
    return undecided.isEmpty
      ? nil : UndecidedChange(table: oid, change: keyChange, keys: undecided)
  }

  /// A change by its key; one whose key can't be found makes its table one range.
  mutating func keyChange(
    _ change: TransactionChange, _ row: RowChange, _ shape: KeyShape
  ) -> KeyChange {
    if let key = keys.key(change, row, shape) { return key }
    let oid = row.relation.oid
    keyless.insert(oid)
    restarted(oid)
    machine.shapeChanged(oid, KeyShape([]))
    drive()
    return keys.key(change, row, KeyShape([])) ?? .insert(.none)
  }

  /// Whether a change describes a table that may have to be read, and that has to be looked up
  /// before any change of it is delivered.
  func isUnknown(_ change: TransactionChange) -> Bool {
    guard options != nil, case .relation(let description) = change else { return false }
    let oid = description.relation.oid
    return tables[oid] == nil && !settled.contains(oid) && !machine.isJudged(oid)
  }

  /// Whether a table that is described may have left the publications and joined them again.
  ///
  /// - Parameter commit: The position of the transaction that has the description.
  func mayHaveLeft(_ table: UInt32, before commit: LSN) -> Bool {
    options != nil && commit >= askedUpTo && published[table]?.isEmpty == false
  }

  /// Asks the server whether a table has left the publications since it was looked up.
  mutating func haveTablesLeft() async throws(ReplicationError) -> Bool {
    let known = published.filter { !$0.value.isEmpty }
    let (now, position) = try await readers.memberships(of: known.keys.sorted())
    let haveLeft = known.contains { oid, memberships in
      !(now[oid] ?? []).contains { memberships.contains($0) }
    }
    // If some have, it is asked again until the tables have been looked up.
    if !haveLeft { askedUpTo = max(askedUpTo, position) }
    return haveLeft
  }

  /// Looks the tables up once more.
  ///
  /// What is found has been posted when it returns.
  func lookUp() async throws(ReplicationError) {
    _ = try await lookups.tables(named: [])
  }

  /// The transaction that is being delivered is judged from here on.
  mutating func beginLate(xid: UInt32, commitLSN: LSN) throws(ReplicationError) {
    guard machine.isIdle else { return }
    _ = try begin(xid: xid, commitLSN: commitLSN)
  }

  mutating func transactionBreaksOff() {
    machine.transactionBreaksOff()
  }

  /// Asks the server where keys lie.
  ///
  /// The types and collations of the keys are all that it is asked by, so that a table need not
  /// have been looked up, and may be gone: in the middle of a transaction nothing that was found is
  /// taken in.
  mutating func locate(_ changes: [UndecidedChange]) async throws(ReplicationError) {
    for (oid, changes) in Dictionary(grouping: changes, by: \.table).sorted(by: { $0.key < $1.key })
    {
      // It may have been given up since, or have another key: then it is judged by that.
      guard let (bounds, generation) = machine.bounds(of: oid),
        let shape = machine.tables[oid]?.shape
      else { continue }
      let keys = Set(changes.flatMap(\.keys)).filter {
        !$0.values.isEmpty && $0.values.count == shape.columns.count
      }
      if keys.isEmpty { continue }
      let keyList = Array(keys)
      guard let places = try await places(of: keyList, in: oid, by: shape, bounds) else {
        machine.loseOrder(of: oid)
        continue
      }
      machine.located(
        zip(keyList, places).map { (key: $0, index: $1) }, of: oid, generation: generation)
    }
  }

  /// - Returns: `nil` if the table is gone, with the type or the collation of its key.
  private func places(
    of keys: [Key], in table: UInt32, by shape: KeyShape, _ bounds: [KeyBound]
  ) async throws(ReplicationError) -> [Int]? {
    do throws(ReplicationError) {
      return try await readers.places(of: keys, by: shape, bounds)
    } catch {
      guard let state = error.sqlState, Self.missing.contains(state.rawValue) else { throw error }
      // A type that only has another name is still compared by: then this is an error.
      let (found, _) = try await readers.memberships(of: [table])
      guard found[table] == nil else { throw error }
      return nil
    }
  }

  /// undefined_object (of types, collations), invalid_schema_name, undefined_table.
  private static let missing: Set<String> = ["42704", "3F000", "42P01"]

  mutating func transactionEnds(at end: LSN) -> [SnapshotDelta] {
    machine.transactionEnds(endLSN: end)
    return machine.takeDeltas()
  }

  mutating func keepAlive(_ walEnd: LSN) {
    machine.keepalive(walEnd: walEnd)
  }

  /// Changes of the machine that no item brings.
  mutating func takeDeltas() -> [SnapshotDelta] { machine.takeDeltas() }
}
