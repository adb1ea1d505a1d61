import PGOutput
import ReplicationCore

/// The copy of one table.
///
/// It is strict: a row that is inserted twice is an error, and so is one that is changed and was
/// never inserted.
struct HeldTable: Sendable {
  private(set) var relation: Relation
  /// The rows by the text of their keys.
  private(set) var keyed: [[String]: [UInt64]] = [:]
  /// Rows without a key, and how many of each there are.
  private(set) var counted: [[UInt64]: Int] = [:]

  init(_ relation: Relation) {
    self.relation = relation
  }

  /// A table that was saved.
  init(_ relation: Relation, keyed: [[String]: [UInt64]], counted: [[UInt64]: Int]) {
    self.relation = relation
    self.keyed = keyed
    self.counted = counted
  }

  /// Whether its rows have keys.
  var hasKey: Bool { !relation.isIdentifiedByAll && relation.columns.contains(where: \.isKey) }

  var rowCount: Int { keyed.count + counted.values.reduce(0, +) }

  mutating func insert(_ row: HashedRow) throws {
    guard let values = row.known else { throw problem("an inserted row lacks values", row) }
    guard hasKey else {
      counted[values, default: 0] += 1
      return
    }
    guard keyed.updateValue(values, forKey: row.key) == nil else {
      throw problem("a row was inserted that is there", row)
    }
  }

  mutating func update(_ old: HashedRow?, _ new: HashedRow) throws {
    guard hasKey else {
      guard let old, let former = old.known else { throw problem("an update lacks its row", new) }
      try remove(former, old)
      counted[try Self.merge(new, former, of: relation), default: 0] += 1
      return
    }
    guard let former = keyed.removeValue(forKey: old?.key ?? new.key) else {
      throw problem("a row was updated that is not there", old ?? new)
    }
    let values = try Self.merge(new, former, of: relation)
    guard keyed.updateValue(values, forKey: new.key) == nil else {
      throw problem("a row got a key that is there", new)
    }
  }

  mutating func delete(_ row: HashedRow) throws {
    guard hasKey else {
      guard let values = row.known else { throw problem("a deletion lacks its row", row) }
      return try remove(values, row)
    }
    guard keyed.removeValue(forKey: row.key) != nil else {
      throw problem("a row was deleted that is not there", row)
    }
  }

  mutating func removeAll() {
    keyed = [:]
    counted = [:]
  }

  mutating func remove(keys: [[String]]) {
    for key in keys { keyed.removeValue(forKey: key) }
  }

  private mutating func remove(_ values: [UInt64], _ row: HashedRow) throws {
    guard let count = counted[values] else {
      throw problem("a row was changed that is not there", row)
    }
    counted[values] = count > 1 ? count - 1 : nil
  }

  /// The new values, with those of the former row where an update has left large values alone.
  private static func merge(
    _ new: HashedRow, _ former: [UInt64], of relation: Relation
  ) throws -> [UInt64] {
    guard new.values.count == former.count else {
      throw SoakError("\(relation.qualifiedName): \(new.values.count) columns, not \(former.count)")
    }
    return zip(new.values, former).map { $0 ?? $1 }
  }

  private func problem(_ what: String, _ row: HashedRow) -> SoakError {
    SoakError("\(relation.qualifiedName): \(what): \(row.key) \(row.values)")
  }
}

extension HeldTable {
  /// The columns that a newer shape has and this one lacks.
  func addedColumns(_ newer: Relation) -> [Relation.Column] {
    newer.difference(from: relation).added
  }

  /// Gives the table a newer shape.
  ///
  /// - Parameter fill: The hashes that rows have in added columns, by their names; that of NULL if
  ///   there is none.
  mutating func reshape(_ newer: Relation, fill: [String: UInt64]) {
    let difference = newer.difference(from: relation)
    let added = Set(difference.added.map(\.name))
    var formerNames: [String: String] = [:]
    for column in difference.renamed { formerNames[column.after.name] = column.before.name }
    var places: [String: Int] = [:]
    for (index, column) in relation.columns.enumerated() { places[column.name] = index }
    let sources: [Int?] = newer.columns.map { column in
      added.contains(column.name) ? nil : places[formerNames[column.name] ?? column.name]
    }
    let constants = newer.columns.map { fill[$0.name] ?? ValueHash.null }
    let convert = { (values: [UInt64]) -> [UInt64] in
      sources.indices.map { index in sources[index].map { values[$0] } ?? constants[index] }
    }
    if sources != relation.columns.indices.map({ Optional($0) }) {
      keyed = keyed.mapValues(convert)
      var converted: [[UInt64]: Int] = [:]
      for (values, count) in counted { converted[convert(values), default: 0] += count }
      counted = converted
    }
    relation = newer
  }
}
