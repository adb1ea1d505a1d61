/// Tells which Relation messages bring something new.
///
/// The server sends a Relation again after anything that may have altered the table, most often
/// with nothing new. Shown every ``PgOutputMessage/relation(_:)`` of one stream in order, a tracker
/// finds those that are schema changes; the changes before and after it have the shape of before
/// and after.
///
///     case .relation(let relation):
///       if let change = tracker.note(relation) { … }
///
/// Inside a streamed block a change is provisional, as the rows are: if its transaction is rolled
/// back, the shape of before is sent again, and is a change again, before it is needed.
public struct RelationTracker: Sendable {
  private var known: [UInt32: Relation] = [:]

  /// A tracker that knows no relation.
  public init() {}

  /// Takes in a relation.
  ///
  /// - Returns: What it brings, or `nil` if it was known just like this.
  public mutating func note(_ relation: Relation) -> RelationChange? {
    let former = known[relation.oid]
    if let former, former.hasSameShape(as: relation) { return nil }
    known[relation.oid] = relation
    return RelationChange(former: former, relation: relation)
  }
}

/// A table that has come into the stream, or has got another shape.
public struct RelationChange: Sendable {
  /// The shape of before; `nil` if the stream has not described the table so far.
  public let former: Relation?
  /// The shape from here on.
  public let relation: Relation

  /// What is different; `nil` if there is no shape to compare with.
  public var difference: RelationDifference? { former.map { relation.difference(from: $0) } }
}
