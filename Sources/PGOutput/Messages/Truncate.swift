import PGWire

/// One `TRUNCATE` statement.
///
///     Truncate  T | [xid 4] | count 4 | options 1 | count × oid 4
///
/// Of the options 1 stands for CASCADE, and 2 for RESTART IDENTITY. The xid is there only inside a
/// streamed block. With CASCADE the tables that it reached are listed as well.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>
public struct Truncate: Sendable {
  /// The published tables that were emptied.
  public let relations: [Relation]
  /// Whether the statement said `CASCADE`.
  public let cascades: Bool
  /// Whether the statement said `RESTART IDENTITY`.
  public let restartsIdentity: Bool

  /// The same statement, as far as it concerns some of its tables.
  package func limited(to relations: [Relation]) -> Truncate {
    Truncate(
      relations: relations, cascades: cascades, restartsIdentity: restartsIdentity)
  }
}

extension Truncate {
  init(_ wire: TruncatedOIDs, relations: [Relation]) {
    self.relations = relations
    cascades = wire.options & 1 != 0
    restartsIdentity = wire.options & 2 != 0
  }
}

/// A Truncate as sent on the wire, before its relations are looked up.
struct TruncatedOIDs {
  let oids: [UInt32]
  let options: UInt8

  /// - Parameter body: What follows the letter, and the xid if there is one.
  init(body: Span<UInt8>) throws(WireError) {
    var rest = body
    let count = try rest.readInt32()
    options = try rest.readUInt8()
    guard count >= 0 else { throw .invalidValue(field: "relation count", value: Int64(count)) }
    guard Int(count) <= rest.count / 4 else {
      throw .truncated(needed: 4 * Int(count), available: rest.count)
    }
    var oids: [UInt32] = []
    oids.reserveCapacity(Int(count))
    for _ in 0..<count { oids.append(try rest.readUInt32()) }
    try rest.expectEnd()
    self.oids = oids
  }
}
