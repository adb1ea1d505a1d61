import CAllocationCounter
import PGOutput
import PGOutputTestSupport
import ReplicationTestKit
import Testing

/// Types that name others many times: each is resolved once, whatever users make.
@Suite struct SharedTypeTests {
  private static func name(_ oid: UInt32) -> TypeName {
    TypeName(oid: oid, namespace: "public", name: "t\(oid)")
  }

  /// Composites that name the one below `width` times each; the lowest holds an int4 and a text.
  private static func tower(_ height: UInt32, width: Int = 2) -> TypeCatalog {
    TypeCatalog(
      (0..<height).map { level in
        let below = level == 0 ? 23 : 99_999 + level
        return .init(
          name(100_000 + level),
          .composite(
            fields: (0..<width).map { .init(name: "f\($0)", typeOID: UInt32(below)) }))
      })
  }

  private static func allocations(_ body: () throws -> Void) rethrows -> Int {
    let before = allocations_of_this_thread()
    try body()
    return allocations_of_this_thread() - before
  }

  @Test func `a tower of types costs as much as it has types`() throws {
    guard allocation_counter_works() == 1 else { return }
    // By paths there would be 2^60 of them.
    let costs = ([15, 15, 30, 60] as [UInt32]).map { height in
      let catalog = Self.tower(height)
      let same = Self.tower(height)
      return Self.allocations {
        let top = 99_999 + height
        let type = catalog.type(oid: top)
        #expect(type.hasKnownBinary)
        #expect(type == same.type(oid: top))
        #expect(Set([type, same.type(oid: top)]).count == 1)
        #expect(catalog != TypeCatalog() && catalog == same)
      }
    }
    #expect(costs[2] <= 3 * costs[1] && costs[3] <= 3 * costs[2], "\(costs)")
  }

  @Test func `many columns of one type share it`() throws {
    guard allocation_counter_works() == 1 else { return }
    let catalog = Self.tower(40, width: 50)
    let columns = (0..<1600).map {
      Relation.Column(name: "c\($0)", isKey: false, typeOID: 100_039, typeModifier: -1)
    }
    _ = catalog.type(of: columns[0])
    let cost = Self.allocations {
      for column in columns { _ = catalog.type(of: column) }
    }
    #expect(cost < 4 * columns.count, "\(cost)")
  }

  @Test func `different types are different, however alike`() {
    let (left, right) = (Self.tower(5), Self.tower(5))
    var other = right
    other.insert(
      .init(
        Self.name(100_000),
        .composite(fields: [.init(name: "f0", typeOID: 25), .init(name: "f1", typeOID: 23)])))
    #expect(left.type(oid: 100_004) == right.type(oid: 100_004))
    #expect(left.type(oid: 100_004) != other.type(oid: 100_004))
    #expect(left.type(oid: 100_004) != left.type(oid: 100_003))
  }

  @Test func `types in themselves end`() throws {
    // a holds b and itself, b holds a; c is a domain over d, and d over c.
    let catalog = TypeCatalog([
      .init(
        Self.name(91_001),
        .composite(fields: [.init(name: "b", typeOID: 91_002), .init(name: "a", typeOID: 91_001)])),
      .init(Self.name(91_002), .array(element: 91_001, delimiter: 0x2C)),
      .init(Self.name(91_003), .domain(base: 91_004)),
      .init(Self.name(91_004), .domain(base: 91_003)),
      .init(Self.name(91_005), .range(bound: 91_005)),
      .init(Self.name(91_006), .multirange(bound: 91_005)),
    ])
    for oid in 91_001...91_006 as ClosedRange<UInt32> {
      let type = catalog.type(oid: oid)
      #expect(!type.description.isEmpty)
      #expect(type == catalog.type(oid: oid))
      var output: [UInt8] = []
      try? type.appendText(ofBinary: [0, 0, 0, 0].span, to: &output)
    }
  }

  @Test func `types that nest too deep are known by their name`() throws {
    let height = UInt32(TypeCatalog.maxNesting) + 1
    let catalog = Self.tower(height, width: 1)
    guard case .composite(let top, _, _) = catalog.type(oid: 99_999 + height - 1),
      case .named(let deep) = catalog.type(oid: 99_999 + height)
    else {
      Issue.record("\(catalog.type(oid: 99_999 + height))")
      return
    }
    #expect(top.name == "t\(99_998 + height)" && deep.name == "t\(99_999 + height)")
    // The order in which they are asked for makes no difference.
    let other = Self.tower(height, width: 1)
    #expect(other.type(oid: 99_999 + height) == .named(deep))
    #expect(other.type(oid: 99_999 + height - 1) == catalog.type(oid: 99_999 + height - 1))
  }

  @Test func `a catalogue has a limit, beyond which a type is known by its name`() {
    var catalog = TypeCatalog()
    let half = (0..<TypeCatalog.maxParts / 2).map { _ in "l" }
    for oid in 100_000..<100_003 as Range<UInt32> {
      catalog.insert(.init(Self.name(oid), .enumeration(labels: half)))
    }
    guard case .enumeration = catalog.type(oid: 100_000),
      case .named = catalog.type(oid: 100_001), case .named = catalog.type(oid: 100_002)
    else {
      Issue.record("no limit")
      return
    }
    // What is replaced makes room.
    let isReplaced = catalog.insert(.init(Self.name(100_000), .enumeration(labels: ["a"])))
    let isKnown = catalog.insert(.init(Self.name(100_001), .enumeration(labels: half)))
    #expect(isReplaced && isKnown)
    guard case .enumeration = catalog.type(oid: 100_001) else {
      Issue.record("no room")
      return
    }
  }
}
