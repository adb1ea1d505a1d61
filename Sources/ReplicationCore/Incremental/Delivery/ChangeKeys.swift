internal import PGOutput

/// Finds the keys of changes, by which they are judged.
struct ChangeKeys: Sendable {
  private struct Entry: Sendable {
    let relation: Relation
    /// Where the key's columns are in the relation's rows; `nil` if one is missing.
    let places: [Int]?
  }

  /// By the tables' oids.
  private var entries: [UInt32: Entry] = [:]

  /// A table has got other columns as its key.
  mutating func forget(_ table: UInt32) {
    entries[table] = nil
  }

  /// A change of a row, as far as its key is concerned.
  ///
  /// - Returns: `nil` if the key is not in it: the columns of the key, or of what identifies the
  ///   old
  ///   row, were others when it was made.
  mutating func key(_ change: TransactionChange, _ row: RowChange, _ shape: KeyShape) -> KeyChange?
  {
    guard let places = places(of: row.relation, shape) else { return nil }
    let result = try? row.withTuples { new, old -> KeyChange? in
      switch change {
      case .insert:
        guard let new, let key = shape.key(of: new, at: places) else { return nil }
        return .insert(key)
      case .delete:
        guard let old, let key = shape.key(of: old, at: places) else { return nil }
        return .delete(key)
      default:
        guard let new else { return nil }
        guard let old else {
          guard let key = shape.key(of: new, at: places) else { return nil }
          return .update(old: nil, new: key, isPartial: false)
        }
        guard let key = shape.key(of: new, old: old, at: places),
          let former = shape.key(of: old, at: places)
        else { return nil }
        return .update(old: former, new: key, isPartial: new.hasUnchanged)
      }
    }
    return result ?? nil
  }

  private mutating func places(of relation: Relation, _ shape: KeyShape) -> [Int]? {
    if let entry = entries[relation.oid], entry.relation === relation { return entry.places }
    let places = shape.columns.compactMap { column in
      relation.columns.firstIndex { $0.name == column.name }
    }
    let entry = Entry(
      relation: relation, places: places.count == shape.columns.count ? places : nil)
    entries[relation.oid] = entry
    return entry.places
  }
}

extension TupleData {
  /// Whether it lacks values that were not sent because they are unchanged.
  fileprivate var hasUnchanged: Bool {
    (0..<columnCount).contains { index in
      withColumn(at: index) { column in
        if case .unchanged = column { true } else { false }
      } ?? false
    }
  }
}
