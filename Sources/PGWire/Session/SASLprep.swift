/// A password as it is hashed: RFC 4013, as PostgreSQL applies it.
enum SASLprep {
  /// The prepared password, or `nil` if it is to be hashed as it is.
  static func prepare(_ password: Span<UInt8>) -> [UInt8]? {
    nil
  }
}
