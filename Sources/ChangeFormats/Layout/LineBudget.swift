import PGOutput

/// How long the current line may become.
struct LineBudget {
  private var start: Int
  /// What is allowed whatever was sent.
  private let base: Int
  private let grows: Bool
  /// How many bytes the line's values were sent as, where that counts.
  private var sent = 0

  init(start: Int, _ options: JSONLineFormat.Options) {
    self.start = start
    base = options.maxLineBytes ?? ValueTextLimit.defaultBytes
    grows = options.maxLineBytes == nil
  }

  /// Another line begins after this number of bytes.
  @inline(__always) mutating func beginLine(after count: Int) {
    start = count
    sent = 0
  }

  /// The limit at this point of the line.
  var limit: Int {
    guard grows else { return base }
    let (more, overflow) = sent.multipliedReportingOverflow(by: ValueTextLimit.defaultGrowth)
    let (sum, carry) = base.addingReportingOverflow(more)
    return overflow || carry ? .max : sum
  }

  /// Counts the bytes of the value that comes next.
  @inline(__always) mutating func note(_ byteCount: Int) {
    let (sum, overflow) = sent.addingReportingOverflow(byteCount)
    sent = overflow ? .max : sum
  }

  /// Whether this number of bytes may still be appended.
  @inline(__always) func allows(_ more: Int, after count: Int) -> Bool {
    let (used, overflow) = (count &- start).addingReportingOverflow(more)
    return !overflow && (used <= base || used <= limit)
  }

  /// How much may still be appended.
  func room(after count: Int) -> Int { limit - (count - start) }
}
