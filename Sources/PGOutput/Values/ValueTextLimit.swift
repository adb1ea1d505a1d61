/// The limit to the text that is made from a value in binary.
///
/// The text of a few hundred bytes can have hundreds of megabytes: each level of nested composites
/// doubles the quotes of the one below, and `1e131071` has 131,072 digits. The server would print
/// the same; but a user of the database must not choose how much memory a consumer needs.
public struct ValueTextLimit: Hashable, Sendable {
  /// The bytes that the text of any value may have: 64 MiB.
  public static let defaultBytes = 64 << 20
  /// The bytes that a value's text may have in addition, for each byte that was sent: 8, which is
  /// more than the text of any type takes that repeats nothing.
  public static let defaultGrowth = 8

  /// The most bytes that the text of a value may have.
  public var bytes: Int

  /// A limit of this number of bytes.
  public init(bytes: Int) {
    self.bytes = bytes
  }

  /// The limit where no other is given, for a value with this number of bytes.
  ///
  /// Values whose text the server sends in about as many bytes stay far below it.
  public static func standard(forByteCount count: Int) -> ValueTextLimit {
    let (grown, overflow) = count.multipliedReportingOverflow(by: defaultGrowth)
    return ValueTextLimit(bytes: max(defaultBytes, overflow ? .max : grown))
  }
}
