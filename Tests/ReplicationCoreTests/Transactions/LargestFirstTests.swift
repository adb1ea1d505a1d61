import TestSupport
import Testing

@testable import ReplicationCore

/// The choice of what goes to the file.
@Suite struct LargestFirstTests {
  @Test func `finds what a walk over all of them finds, and stays small`() {
    var random = RepeatableGenerator(seed: 5)
    var sizes: [UInt32: Int] = [:]
    var largest = LargestFirst()
    for _ in 0..<20_000 {
      let xid = UInt32.random(in: 1...300, using: &random)
      switch Int.random(in: 0..<10, using: &random) {
      case 0: sizes[xid] = nil
      case 1: sizes[xid] = 0
      default:
        sizes[xid, default: 0] += Int.random(in: 1...50, using: &random)
        largest.note(xid, size: sizes[xid] ?? 0, among: sizes.count) { sizes[$0] == $1 }
      }
      guard Int.random(in: 0..<5, using: &random) == 0 else { continue }
      let found = largest.largest { sizes[$0] == $1 }
      #expect(found.flatMap { sizes[$0] } ?? 0 == sizes.values.max() ?? 0)
      #expect(largest.count <= 65 + 4 * 300)
    }
    let none = largest.largest { _, _ in false }
    #expect(none == nil && largest.count == 0)
  }
}
