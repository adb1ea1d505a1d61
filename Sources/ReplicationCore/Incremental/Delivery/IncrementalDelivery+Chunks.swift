internal import PGOutput
internal import PGWire

/// What is delivered between transactions.
extension IncrementalDelivery {
  /// Tables that have become whole.
  mutating func takeWhole() -> WholeTable? {
    // Its name is known once the tables have been looked up.
    if machine.items.isEmpty || tables.isEmpty || requests.isHeld { return nil }
    guard case .tableIsWhole(let oid, let position) = machine.items.removeFirst() else {
      return nil
    }
    settled.insert(oid)
    restarted(oid)
    requests.note(oid) { $0.isWhole = true }
    guard let relation = tables[oid]?.table.relation else { return takeWhole() }
    return WholeTable(
      oid: oid, namespace: relation.namespace, name: relation.name, position: position)
  }

  /// The first rows of a chunk are to be delivered.
  mutating func beginChunk(
    _ id: RangeID
  ) -> (table: SnapshotTable, range: SnapshotKeyRange, horizon: LSN)? {
    guard let table = offered[id], let shape = machine.tables[id.table]?.shape,
      let point = machine.state(of: id)?.point, let range = machine.chunkBegins(id)
    else { return nil }
    chunkRows = (0, 0)
    readers.chunkBegins(id)
    return (table, SnapshotKeyRange(range, shape), point.horizon)
  }

  mutating func deliveredRows(of id: RangeID, _ batch: SnapshotBatch) {
    let (rows, bytes) = (Int64(batch.rowCount), Int64(batch.byteCount))
    requests.note(id.table) { progress in
      progress.rows += rows
      progress.bytes += bytes
    }
    chunkRows.rows += rows
    chunkRows.bytes += bytes
  }

  /// All rows of a chunk have been delivered.
  mutating func endChunk(_ id: RangeID) -> [SnapshotDelta] {
    offered[id] = nil
    requests.note(id.table) { $0.ranges += 1 }
    machine.chunkEnds(id)
    return machine.takeDeltas()
  }

  /// A chunk has broken off.
  mutating func breakChunk(_ id: RangeID, _ error: ReplicationError) {
    let rows = chunkRows
    requests.note(id.table) { progress in
      progress.rows -= rows.rows
      progress.bytes -= rows.bytes
    }
    failed(id, error)
  }
}
