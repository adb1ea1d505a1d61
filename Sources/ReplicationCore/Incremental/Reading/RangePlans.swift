internal import PGOutput
internal import PGWire

/// Where the tables that are being read are cut: a plan for each, made when its first range is
/// offered.
final class RangePlans: Sendable {
  private struct Known {
    let shape: KeyShape
    var plan: RangePlan
  }

  private let targetBytes: Double
  private let known = Lock<[UInt32: Known]>([:])

  init(targetBytes: Double) {
    self.targetBytes = targetBytes
  }

  /// Where the worker of a range should stop; `nil` for at its end.
  func cut(
    _ range: KeyRange, of query: RangeQuery, _ session: SnapshotSession
  ) async throws(ReplicationError) -> KeyBound? {
    let table = query.table
    let plan: RangePlan
    // At its start it may be read again, and have grown since.
    if range.start != nil, let found = known.withLock({ $0[table.oid] }), found.shape == table.shape
    {
      plan = found.plan
    } else {
      plan = try await makePlan(table, session)
      known.withLock { $0[table.oid] = Known(shape: table.shape, plan: plan) }
    }
    switch plan.cut(range) {
    case .nowhere: return nil
    case .at(let bound): return bound
    case .behindRows(let rows):
      let question = try table.shape.cutQuestion(
        from: try query.source, range: range, rows: rows)
      let answer = try await session.connection.run(question).rows.first
      return answer.flatMap { Key(texts: $0, table.shape) }.map { KeyBound(.before, $0) }
    }
  }

  /// A range has been read.
  func measured(_ range: KeyRange, of table: IncrementalTable, rows: UInt64, bytes: UInt64) {
    known.withLock { known in
      guard known[table.oid]?.shape == table.shape else { return }
      known[table.oid]?.plan.measured(range, rows: rows, bytes: bytes)
    }
  }

  private func makePlan(
    _ table: IncrementalTable, _ session: SnapshotSession
  ) async throws(ReplicationError) -> RangePlan {
    guard let column = table.shape.columns.first else {
      return RangePlan(bounds: [], tableBytes: 0, rows: 0, targetBytes: targetBytes)
    }
    let relation = table.table.relation
    let row = try await session.rows(
      try Self.statistics(
        schema: relation.namespace, name: relation.name, column: column.name,
        parts: table.table.storage.map(\.oid))
    ).first
    return RangePlan(
      bounds: row?["bounds"].map { RangePlan.bounds(histogram: $0, table.shape) } ?? [],
      tableBytes: row?["bytes"].flatMap { Double($0) } ?? 0,
      rows: row?["tuples"].flatMap { Double($0) } ?? 0, targetBytes: targetBytes)
  }

  /// How many bytes and rows the table has, and the histogram of a column if this role may see it.
  ///
  /// The number of rows is that of the last ANALYZE or VACUUM, brought up to today's size.
  static func statistics(
    schema: String, name: String, column: String, parts: [UInt32]
  ) throws(ReplicationError) -> SQL {
    """
    SELECT pg_catalog.sum(pg_catalog.pg_table_size(c.oid)) AS bytes,
      pg_catalog.sum(CASE WHEN c.reltuples OPERATOR(pg_catalog.>) 0
          AND c.relpages OPERATOR(pg_catalog.>) 0
        THEN c.reltuples::pg_catalog.float8 OPERATOR(pg_catalog./) c.relpages::pg_catalog.float8
          OPERATOR(pg_catalog.*) (pg_catalog.pg_relation_size(c.oid) OPERATOR(pg_catalog./)
            pg_catalog.current_setting('block_size')::pg_catalog.int4)::pg_catalog.float8
        ELSE 0::pg_catalog.float8 END) AS tuples,
      (SELECT s.histogram_bounds::pg_catalog.text FROM pg_catalog.pg_stats AS s
        WHERE s.schemaname OPERATOR(pg_catalog.=) \(try Literal(schema))
          AND s.tablename OPERATOR(pg_catalog.=) \(try Literal(name))
          AND s.attname OPERATOR(pg_catalog.=) \(try Literal(column))
          AND s.histogram_bounds IS NOT NULL
        -- Of a root the one with its partitions, of others their own.
        ORDER BY s.inherited LIMIT 1) AS bounds
    FROM pg_catalog.pg_class AS c
    WHERE c.oid OPERATOR(pg_catalog.=) ANY (\(values: parts)::pg_catalog.oid[])
    """
  }
}

extension Key {
  /// Reads the columns of a key as the server prints them.
  ///
  /// - Returns: `nil` for what is no key, or is too long for a checkpoint to hold as a bound.
  init?(texts: [String?], _ shape: KeyShape) {
    guard texts.count == shape.columns.count else { return nil }
    var values: [KeyValue] = []
    var length = 0
    for (text, column) in zip(texts, shape.columns) {
      guard let text else { return nil }
      let bytes = Array(text.utf8)
      length += bytes.count
      guard let value = KeyValue(text: bytes.span, type: column.type) else { return nil }
      values.append(value)
    }
    guard length <= KeyShape.maxBoundBytes else { return nil }
    self.init(values)
  }
}
