import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

/// What a Relation message brings that was not there before.
@Suite struct RelationChangeTests {
  typealias Header = PgOutputEncoder.ColumnHeader

  private func relation(
    _ columns: [Header], name: String = "t", namespace: String = "public",
    identity: Character = "d", oid: UInt32 = 7
  ) throws -> Relation {
    let decoder = try PgOutputDecoder(
      after: PgOutputEncoder.relation(
        oid, namespace: namespace, name, identity: identity, columns))
    return try #require(decoder.relation(oid: oid))
  }

  private func columns(_ names: String...) -> [Header] { names.map { Header($0, 25) } }

  @Test func `a relation that is sent again is the same object`() throws {
    let payload = PgOutputEncoder.relation(7, "t", columns("a", "b"))
    var decoder = try PgOutputDecoder(after: payload)
    let first = try #require(decoder.relation(oid: 7))
    _ = try decoder.owned(payload)
    #expect(decoder.relation(oid: 7) === first)
    _ = try decoder.owned(PgOutputEncoder.relation(7, "t", columns("a", "c")))
    #expect(decoder.relation(oid: 7) !== first)
  }

  @Test func `a tracker reports what is new and nothing else`() throws {
    var tracker = RelationTracker()
    let first = try relation(columns("a"))
    let noted = tracker.note(first)
    let appeared = try #require(noted)
    #expect(appeared.former == nil && appeared.difference == nil && appeared.relation === first)
    #expect(tracker.note(try relation(columns("a"))) == nil)
    let second = try relation(columns("a", "b"))
    let renoted = tracker.note(second)
    let change = try #require(renoted)
    #expect(change.former === first && change.relation === second)
    #expect(change.difference?.added.map(\.name) == ["b"])
    #expect(tracker.note(try relation(columns("a", "b"), oid: 8))?.former == nil)
    #expect(tracker.note(try relation(columns("a"))) != nil)
  }

  @Test func `the same shape differs in nothing`() throws {
    let shape = try relation(columns("a", "b"))
    #expect(shape.difference(from: try relation(columns("a", "b"))).isEmpty)
    #expect(try relation([]).difference(from: relation([])).isEmpty)
  }

  @Test func `a shape that was stored is compared like one that was sent`() throws {
    let sent = try relation(columns("id", "a", "b"))
    let stored = Relation(
      oid: sent.oid, namespace: sent.namespace, name: sent.name,
      replicaIdentity: sent.replicaIdentity,
      columns: sent.columns.map {
        Relation.Column(
          name: $0.name, isKey: $0.isKey, typeOID: $0.typeOID, typeModifier: $0.typeModifier)
      })
    #expect(sent.hasSameShape(as: stored) && sent.difference(from: stored).isEmpty)
    let renamed = try relation(columns("id", "c", "b")).difference(from: stored)
    #expect(renamed.renamed.map(\.before.name) == ["a"])
    #expect(renamed.renamed.map(\.after.name) == ["c"])
  }

  @Test func `names and identity`() throws {
    let moved = try relation(columns("a"), name: "u", namespace: "s", identity: "f")
      .difference(from: relation(columns("a")))
    #expect(moved.formerName == .init(namespace: "public", name: "t"))
    #expect(moved.formerIdentity == .default)
    #expect(moved.changed.isEmpty && !moved.isEmpty)
  }

  @Test(
    arguments: [
      // before, after, added, dropped, renamed
      (["a", "b"], ["a", "b", "c"], ["c"], [], []),
      (["a", "b", "c"], ["a", "c"], [], ["b"], []),
      (["a", "b", "c"], ["a", "x", "c"], [], [], ["b>x"]),
      (["a", "b", "c"], ["x", "y", "c"], [], [], ["a>x", "b>y"]),
      (["a", "b", "c"], ["b", "a", "c"], [], [], ["a>b", "b>a"]),
      // Not certain: dropped and added, or renamed.
      (["a", "b"], ["a", "x"], ["x"], ["b"], []),
      (["a", "b", "c"], ["x", "c"], ["x"], ["a", "b"], []),
      (["a", "b", "c"], ["a", "x", "c", "d"], ["d"], [], ["b>x"]),
      ([], ["a"], ["a"], [], []), (["a"], [], [], ["a"], []),
    ] as [([String], [String], [String], [String], [String])])
  func `columns come, go and get other names`(
    before: [String], after: [String], added: [String], dropped: [String], renamed: [String]
  ) throws {
    let difference = try relation(after.map { Header($0, 25) })
      .difference(from: relation(before.map { Header($0, 25) }))
    #expect(difference.added.map(\.name) == added)
    #expect(difference.dropped.map(\.name) == dropped)
    #expect(difference.renamed.map { "\($0.before.name)>\($0.after.name)" } == renamed)
    #expect(difference.changed.count == renamed.count)
    #expect(!difference.isReordered)
  }

  @Test func `a new name with another type is another column`() throws {
    let difference = try relation([.init("x", 23), .init("b", 25)])
      .difference(from: relation(columns("a", "b")))
    #expect(difference.added.map(\.name) == ["x"] && difference.dropped.map(\.name) == ["a"])
  }

  @Test func `columns that stayed may follow in another order`() throws {
    let difference = try relation(columns("b", "a")).difference(from: relation(columns("a", "b")))
    #expect(difference.isReordered && !difference.isEmpty)
    #expect(difference.added.isEmpty && difference.dropped.isEmpty && difference.changed.isEmpty)
  }

  @Test func `types, modifiers and keys`() throws {
    let difference = try relation([
      .init("a", 20), .init("b", 1043, typeModifier: 24), .key("c", 25), .init("d", 25),
    ]).difference(
      from: relation([
        .init("a", 23), .init("b", 1043, typeModifier: 14), .init("c", 25), .init("d", 25),
      ]))
    let changed = difference.changed
    #expect(changed.map(\.after.name) == ["a", "b", "c"])
    #expect(changed.map(\.isRetyped) == [true, false, false])
    #expect(changed.map(\.hasOtherModifier) == [false, true, false])
    #expect(changed.map(\.isKeyChanged) == [false, false, true])
    #expect(difference.renamed.isEmpty)
  }

  @Test func `a column's type may get another name`() throws {
    func enumerated(_ name: String) throws -> Relation {
      let decoder = try PgOutputDecoder(
        after: PgOutputEncoder.type(70_000, namespace: "public", name: name),
        PgOutputEncoder.relation(7, "t", [.init("a", 70_000)]))
      return try #require(decoder.relation(oid: 7))
    }
    let (before, after) = try (enumerated("mood"), enumerated("temper"))
    #expect(after.difference(from: before).changed.map(\.isRetyped) == [true])
    #expect(before.shapeHash != after.shapeHash)
  }

  @Test func `the hash is that of the documented bytes`() throws {
    let shape = try relation([.key("id", 23), .init("n", 1043, typeModifier: 24)])
    // "public\0t\0d", count 2, then both columns; FNV-1a computed with another program.
    #expect(shape.shapeHash == 0x8A23_5FAB_0591_5808)
    let other = try relation([.key("id", 23), .init("n", 1043, typeModifier: 24)], oid: 8)
    #expect(other.shapeHash == shape.shapeHash)
  }

  @Test func `every part of a shape counts for the hash`() throws {
    let shapes = [
      try relation(columns("a", "b")), try relation(columns("b", "a")), try relation(columns("ab")),
      try relation(columns("a", "b"), name: "u"), try relation(columns("a", "b"), namespace: "s"),
      try relation(columns("a", "b"), identity: "f"),
      try relation([.key("a", 25), .init("b", 25)]),
      try relation([.init("a", 25), .init("b", 23)]),
      try relation([.init("a", 25), .init("b", 25, typeModifier: 4)]), try relation([]),
    ]
    #expect(Set(shapes.map(\.shapeHash)).count == shapes.count)
    for (index, shape) in shapes.enumerated() {
      for (other, former) in shapes.enumerated() {
        #expect(shape.hasSameShape(as: former) == (index == other))
        #expect(shape.difference(from: former).isEmpty == (index == other))
      }
    }
  }
}
