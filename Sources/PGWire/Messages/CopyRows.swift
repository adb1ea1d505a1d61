/// Whole rows out of a COPY's data: their bytes, and where in them each field lies.
public struct CopyRows: Hashable, Sendable {
  /// One field of one row.
  public struct Field: Hashable, Sendable {
    /// Where its bytes begin in ``CopyRows/bytes``.
    public let start: Int
    /// How many bytes it has; `nil` for NULL.
    public let count: Int?

    init(start: Int, count: Int?) {
      self.start = start
      self.count = count
    }
  }

  /// The fields' bytes, with others in between; text without its escapes.
  public internal(set) var bytes: [UInt8] = []
  /// The fields of all rows, one row after the other.
  public internal(set) var fields: [Field] = []
  /// How many rows there are.
  public internal(set) var count = 0

  init() {}
}
