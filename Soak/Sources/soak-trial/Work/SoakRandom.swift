/// Random numbers that a seed decides: SplitMix64.
///
/// What the server returns and when is different in each run, so the same seed makes the same kinds
/// of transactions in the same order, and not the same history.
struct SoakRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64, stream: Int) {
    state = seed &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(stream) &* 0xd1b5_4a32_d192_ed03
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &self) }

  /// Whether something happens that does so once in this number of times.
  mutating func isOnce(in times: Int) -> Bool { number(0..<times) == 0 }
}
