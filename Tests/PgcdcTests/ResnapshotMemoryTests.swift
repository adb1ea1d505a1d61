import PGWire
import ReplicationCore
import Testing

@testable import pgcdc

/// `--resnapshot` asks once, however often the same command line is started.
@Suite struct ResnapshotMemoryTests {
  private func checkpoint(_ userData: [UInt8]) -> Checkpoint {
    var checkpoint = Checkpoint(
      position: LSN(rawValue: 1), systemID: "7", timeline: 1, slot: "s")
    checkpoint.userData = userData
    return checkpoint
  }

  @Test func `a name that is new is asked for, and remembered`() throws {
    let first = try ResnapshotMemory(["a", "say \"hi\",b"], checkpoint([]))
    #expect(first.wanted == ["a", "say \"hi\",b"] && first.repeated.isEmpty)
    let data = try #require(first.userData)
    #expect(ResnapshotMemory.asked(in: data)?.tables == ["a", "say \"hi\",b"])
    #expect(first.afterAsking.wanted.isEmpty && first.afterAsking.userData == data)

    let again = try ResnapshotMemory(["a", "say \"hi\",b"], checkpoint(data))
    #expect(again.wanted.isEmpty && again.userData == nil && again.repeated.count == 2)

    let more = try ResnapshotMemory(["c", "a"], checkpoint(data))
    #expect(more.wanted == ["c"] && more.repeated == ["a"])
    let all = ["a", "say \"hi\",b", "c"]
    #expect(more.userData.flatMap(ResnapshotMemory.asked(in:))?.tables == all)
  }

  @Test func `another tag asks again`() throws {
    let data = try #require(try ResnapshotMemory(["a", "b"], tag: "1", checkpoint([])).userData)
    let same = try ResnapshotMemory(["a"], tag: "1", checkpoint(data))
    #expect(same.wanted.isEmpty && same.userData == nil)
    let other = try ResnapshotMemory(["a"], tag: "2,\"x\"", checkpoint(data))
    #expect(other.wanted == ["a"])
    #expect(
      other.userData.flatMap(ResnapshotMemory.asked(in:))
        == ResnapshotMemory.Asked(tag: "2,\"x\"", tables: ["a"]))
  }

  @Test func `without names nothing is asked or changed`() throws {
    let data = try #require(try ResnapshotMemory(["a"], checkpoint([])).userData)
    for data in [data, [], Array("theirs".utf8)] {
      let memory = try ResnapshotMemory([], checkpoint(data))
      #expect(memory.wanted.isEmpty && memory.userData == nil)
    }
  }

  @Test func `without a checkpoint every table is read anyway`() throws {
    let first = try ResnapshotMemory(["a"], nil)
    #expect(first.wanted.isEmpty)
    #expect(first.userData.flatMap(ResnapshotMemory.asked(in:))?.tables == ["a"])
    // Unless only those that are named are.
    #expect(try ResnapshotMemory(["a"], nil, readsAll: false).wanted == ["a"])
  }

  @Test(arguments: [Array("mine".utf8), [0xFF], Array("pgcdc resnapshot \"".utf8)])
  func `another program's data is not overwritten`(data: [UInt8]) throws {
    #expect(throws: RuntimeFailure.self) { try ResnapshotMemory(["a"], checkpoint(data)) }
  }
}
