/// A set of code points, as sorted ranges.
struct ScalarRanges: Sendable {
  private let ranges: [ClosedRange<UInt32>]

  /// Reads pairs: how far behind the last range one begins, and its length less one.
  init(packed: StaticString) {
    var numbers = PackedNumbers(packed)
    var ranges: [ClosedRange<UInt32>] = []
    var end: UInt32 = 0
    while let gap = numbers.next(), let length = numbers.next() {
      ranges.append(end + gap...end + gap + length)
      end += gap + length + 1
    }
    self.ranges = ranges
  }

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < scalar.value { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].contains(scalar.value)
  }
}
