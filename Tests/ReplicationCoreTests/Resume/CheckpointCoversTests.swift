import PGWire
import Testing

@testable import ReplicationCore

/// Which checkpoints a store may leave out.
@Suite struct CheckpointCoversTests {
  private static let saved: Checkpoint = {
    var saved = Checkpoint(
      position: LSN(rawValue: 100), systemID: "7", timeline: 2, slot: "s")
    saved.userData = [1]
    saved.snapshot = .finished
    return saved
  }()

  @Test(arguments: [
    (90 as UInt64, true), (100, true), (101, false),
  ])
  func `what is further covers what is not`(position: UInt64, isCovered: Bool) {
    var other = Self.saved
    other.position = LSN(rawValue: position)
    #expect(Self.saved.covers(other) == isCovered)
    // Whatever else was acknowledged before is in what is further.
    other.userData = [2]
    #expect(Self.saved.covers(other) == (position < 100))
  }

  @Test func `at the same position a range that was read has to be written`() throws {
    var other = Self.saved
    other.incremental = IncrementalState(text: "incremental 1\nwhole 16390 0/1A\n")
    try #require(other.incremental != nil)
    #expect(!Self.saved.covers(other) && !other.covers(Self.saved))
    #expect(other.covers(other))
  }

  @Test func `another timeline, slot or snapshot is never covered`() {
    for change in 0..<3 {
      var other = Self.saved
      other.position = LSN(rawValue: 1)
      switch change {
      case 0: other.timeline = 3
      case 1: other.slot = "t"
      default: other.snapshot = .reading
      }
      #expect(!Self.saved.covers(other))
    }
  }
}
