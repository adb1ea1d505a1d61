extension RelationChange: Codable {
  private enum Key: String, CodingKey {
    case former, relation
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    self.init(
      former: try container.decodeIfPresent(Relation.self, forKey: .former),
      relation: try container.decode(Relation.self, forKey: .relation))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encodeIfPresent(former, forKey: .former)
    try container.encode(relation, forKey: .relation)
  }
}
