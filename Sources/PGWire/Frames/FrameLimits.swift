/// How long a message may be before it is refused.
///
/// A length is only the peer's claim. It is checked against these limits before anything is waited
/// for, and memory is allocated only as bytes arrive.
public struct FrameLimits: Hashable, Sendable {
  /// The longest message, in bytes, its length word included.
  ///
  /// The default is 1 GiB: no server sends a longer one (`PQ_LARGE_MESSAGE_LIMIT`).
  public var maximumLength: Int

  /// Limits with this longest message; values below 8 KiB are raised to that.
  ///
  /// - Parameter maximumLength: In bytes, the length word included.
  public init(maximumLength: Int = 1 << 30) {
    self.maximumLength = max(maximumLength, 1 << 13)
  }

  /// What a message of this type may measure before the session is ready for queries.
  ///
  /// The figures are libpq's: 2,000 bytes for `R` and `v`, 30,000 for anything else.
  package func duringStartup(tag: UInt8) -> Int {
    switch tag {
    case UInt8(ascii: "R"), UInt8(ascii: "v"): 2000
    default: min(30_000, maximumLength)
    }
  }

  /// What a message of this type may measure in a session that is ready for queries.
  ///
  /// Only types that carry data or free text may be long: the same ones as in libpq.
  package func afterStartup(tag: UInt8) -> Int {
    switch tag {
    case UInt8(ascii: "d"), UInt8(ascii: "D"), UInt8(ascii: "E"), UInt8(ascii: "N"),
      UInt8(ascii: "A"), UInt8(ascii: "T"):
      maximumLength
    default: min(30_000, maximumLength)
    }
  }
}
