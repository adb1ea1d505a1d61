import PGWire
import ReplicationCore
import Testing

@testable import pgcdc

/// `--resnapshot` asks once, however often the same command line is started.
@Suite struct ResnapshotMemoryTests {
  private func checkpoint(_ userData: [UInt8]?) -> Checkpoint {
    Checkpoint(
      position: LSN(rawValue: 1), systemID: "7", timeline: 1, slot: "s", userData: userData ?? [])
  }

  @Test func `a name that is new is asked for, and remembered`() throws {
    let first = try ResnapshotMemory(["a", "say \"hi\",b"], checkpoint(nil))
    #expect(first.wanted == ["a", "say \"hi\",b"])
    let data = try #require(first.userData)
    #expect(ResnapshotMemory.names(in: data) == ["a", "say \"hi\",b"])

    let again = try ResnapshotMemory(["a", "say \"hi\",b"], checkpoint(data))
    #expect(again.wanted.isEmpty && again.userData == nil)

    let more = try ResnapshotMemory(["c", "a"], checkpoint(data))
    #expect(more.wanted == ["c"])
    #expect(more.userData.flatMap(ResnapshotMemory.names(in:)) == ["c", "a"])
  }

  @Test func `a run without the option forgets`() throws {
    let data = try #require(try ResnapshotMemory(["a"], checkpoint(nil)).userData)
    let without = try ResnapshotMemory([], checkpoint(data))
    #expect(without.wanted.isEmpty && without.userData == [])
    #expect(try ResnapshotMemory(["a"], checkpoint([])).wanted == ["a"])
    let never = try ResnapshotMemory([], checkpoint(nil))
    #expect(never.wanted.isEmpty && never.userData == nil)
  }

  @Test func `without a checkpoint every table is read anyway`() throws {
    let first = try ResnapshotMemory(["a"], nil)
    #expect(first.wanted.isEmpty)
    #expect(first.userData.flatMap(ResnapshotMemory.names(in:)) == ["a"])
  }

  @Test(arguments: [Array("mine".utf8), [0xFF], Array("pgcdc resnapshot \"".utf8)])
  func `another program's data stays`(data: [UInt8]) throws {
    let without = try ResnapshotMemory([], checkpoint(data))
    #expect(without.wanted.isEmpty && without.userData == nil)
    #expect(throws: RuntimeFailure.self) { try ResnapshotMemory(["a"], checkpoint(data)) }
  }
}
