/// Finds the Relation messages that bring something new.
///
/// The server sends a Relation again after anything that may have altered the table, most often
/// with nothing new. Shown every ``PgOutputMessage/relation(_:)`` of one stream in order, a tracker
/// finds those that are schema changes; the row changes before one have the earlier shape, and
/// those after it the new one.
///
///     case .relation(let relation):
///       if let change = tracker.note(relation) { … }
///
/// Inside a streamed block a change is provisional, as the rows are: if its transaction is rolled
/// back, the earlier shape is sent again before it is needed, and is a change again.
public struct RelationTracker: Sendable {
  private var known: [UInt32: Relation] = [:]

  /// A tracker that knows no relation.
  public init() {}

  /// Records a relation.
  ///
  /// - Returns: What is new, or `nil` if the relation was already known with this shape.
  public mutating func note(_ relation: Relation) -> RelationChange? {
    let former = known[relation.oid]
    if let former, former.hasSameShape(as: relation) { return nil }
    known[relation.oid] = relation
    return RelationChange(former: former, relation: relation)
  }
}

/// A table that is new in the stream, or has a new shape.
public struct RelationChange: Sendable {
  /// The earlier shape; `nil` if the stream has not described the table so far.
  public let former: Relation?
  /// The shape from here on.
  public let relation: Relation
  /// Whether the server has described the table again, with nothing new; users get no such change.
  package let isRepeated: Bool

  package init(former: Relation?, relation: Relation, isRepeated: Bool = false) {
    self.former = former
    self.relation = relation
    self.isRepeated = isRepeated
  }

  /// What is different; `nil` if there is no shape to compare with.
  public var difference: RelationDifference? { former.map { relation.difference(from: $0) } }
}
