/// How a table's shape differs from an earlier one.
///
/// The stream describes the columns before and after, and not the commands between. So columns are
/// matched by what ordinary DDL can do: it drops columns anywhere, adds them at the end, and
/// renames them in place. A new name is a rename if a later column has kept both its name and its
/// place, so that nothing before that can have been dropped, and if type and modifier are the
/// earlier ones. Any other new name is one column dropped and another added. A column that was
/// dropped and added again under its name can't be distinguished from one that stayed.
///
/// Publications with a list of columns (server 15), or with generated columns (server 18), show
/// other columns when that list changes, which looks like DDL here.
public struct RelationDifference: Hashable, Sendable {
  /// A column that changed, before and after.
  public struct ChangedColumn: Hashable, Sendable {
    /// The column as it was.
    public let before: Relation.Column
    /// The column as it is now.
    public let after: Relation.Column

    /// Whether it was renamed.
    public var isRenamed: Bool { before.name != after.name }
    /// Whether its type changed, or the type was renamed.
    public var isRetyped: Bool { before.typeOID != after.typeOID || before.type != after.type }
    /// Whether its type is declared with a different length, precision or the like.
    public var hasOtherModifier: Bool { before.typeModifier != after.typeModifier }
    /// Whether it joined or left the replica identity.
    public var isKeyChanged: Bool { before.isKey != after.isKey }
  }

  /// A table's name with its schema.
  public struct TableName: Hashable, Sendable {
    /// The schema.
    public let namespace: String
    /// The name in the schema.
    public let name: String

    /// The name of a table in a schema.
    public init(namespace: String, name: String) {
      self.namespace = namespace
      self.name = name
    }
  }

  /// The earlier name, if the table was renamed or moved to another schema.
  public let formerName: TableName?
  /// The earlier replica identity, if it changed.
  public let formerIdentity: Relation.ReplicaIdentity?
  /// Columns that were not there, in the new order.
  ///
  /// The stream does not say what earlier rows have in them; `Subscription.earlierValues(of:)` in
  /// `ReplicationCore` asks the server.
  public let added: [Relation.Column]
  /// Columns that no longer exist, in the earlier order.
  public let dropped: [Relation.Column]
  /// Columns that existed before, under this or another name, and changed; in the new order.
  public let changed: [ChangedColumn]
  /// Whether columns that stayed are in another order.
  public let isReordered: Bool

  /// Whether nothing differs.
  public var isEmpty: Bool { self == RelationDifference.none }

  /// The columns of ``changed`` that were renamed.
  public var renamed: [ChangedColumn] { changed.filter(\.isRenamed) }

  private static let none = RelationDifference(
    formerName: nil, formerIdentity: nil, added: [], dropped: [], changed: [], isReordered: false)
}

extension RelationDifference: Codable {}
extension RelationDifference.ChangedColumn: Codable {}
extension RelationDifference.TableName: Codable {}

extension Relation {
  /// How this relation differs from an earlier shape of the same table.
  public func difference(from former: Relation) -> RelationDifference {
    let matches = ColumnMatches(former.columns, columns)
    let pairs = matches.pairs.map {
      RelationDifference.ChangedColumn(before: former.columns[$0.before], after: columns[$0.after])
    }
    let stayed = Set(matches.pairs.map(\.before))
    let known = Set(matches.pairs.map(\.after))
    let isMoved = namespace != former.namespace || name != former.name
    return RelationDifference(
      formerName: isMoved ? .init(namespace: former.namespace, name: former.name) : nil,
      formerIdentity: replicaIdentity != former.replicaIdentity ? former.replicaIdentity : nil,
      added: columns.indices.filter { !known.contains($0) }.map { columns[$0] },
      dropped: former.columns.indices.filter { !stayed.contains($0) }.map { former.columns[$0] },
      changed: pairs.filter { $0.before != $0.after },
      isReordered: zip(matches.pairs, matches.pairs.dropFirst()).contains { $0.before > $1.before })
  }
}

/// Maps earlier columns to the current ones.
private struct ColumnMatches {
  /// In the new order.
  private(set) var pairs: [(before: Int, after: Int)] = []

  init(_ former: [Relation.Column], _ current: [Relation.Column]) {
    let inPlace = Self.countInPlace(former, current)
    for index in 0..<inPlace where former[index].isSame(as: current[index]) {
      pairs.append((index, index))
    }
    // Match the rest of both by name.
    let stayed = Set(pairs.map(\.before))
    var byName: [String: Int] = [:]
    for index in former.indices where !stayed.contains(index) { byName[former[index].name] = index }
    for index in current.indices where !stayed.contains(index) {
      if let before = byName.removeValue(forKey: current[index].name) {
        pairs.append((before, index))
      }
    }
    pairs.sort { $0.after < $1.after }
  }

  /// How many columns at the front are the same ones, regardless of name: all up to the last that
  /// has kept its name and place, since none before it can have been dropped.
  private static func countInPlace(
    _ former: [Relation.Column], _ current: [Relation.Column]
  ) -> Int {
    let shared = min(former.count, current.count)
    let last = (0..<shared).last { former[$0].name == current[$0].name }
    return last.map { $0 + 1 } ?? 0
  }
}

extension Relation.Column {
  /// Whether it can be the other under another name; under its own name it always is.
  fileprivate func isSame(as other: Relation.Column) -> Bool {
    name == other.name || typeOID == other.typeOID && typeModifier == other.typeModifier
  }
}
