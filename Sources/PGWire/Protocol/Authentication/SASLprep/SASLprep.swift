/// A password as it is hashed: SASLprep (RFC 4013), as PostgreSQL applies it.
///
/// Spaces become one kind of space, invisible characters go, and letters that look the same become
/// the same (NFKC). A password that SASLprep forbids is hashed as it is, and so is one that is not
/// UTF-8.
/// What is forbidden is looked for before NFKC and not after, unlike the standard.
///
/// PostgreSQL: `pg_saslprep` in src/common/saslprep.c
package enum SASLprep {
  /// The prepared password, or `nil` if it is to be hashed as it is.
  package static func prepare(_ password: Span<UInt8>) -> [UInt8]? {
    let isASCII = password.indices.allSatisfy { password[$0] < 0x80 }
    guard !isASCII, let text = try? UTF8Span(validating: password) else { return nil }
    var mapped: [Unicode.Scalar] = []
    var scalars = text.makeUnicodeScalarIterator()
    while let scalar = scalars.next() {
      if Tables.spaces.contains(scalar) {
        mapped.append(" ")
      } else if !Tables.ignored.contains(scalar) {
        mapped.append(scalar)
      }
    }
    guard isAllowed(mapped) else { return nil }
    return Normalization.nfkc(mapped).flatMap { UTF8.encode($0).map(Array.init) ?? [] }
  }

  private static func isAllowed(_ scalars: [Unicode.Scalar]) -> Bool {
    guard let first = scalars.first, let last = scalars.last else { return false }
    guard !scalars.contains(where: { Tables.prohibited.contains($0) }),
      !scalars.contains(where: { Tables.unassigned.contains($0) })
    else { return false }
    // Right-to-left text must not be mixed with left-to-right text, and must be at both ends.
    guard scalars.contains(where: { Tables.rightToLeft.contains($0) }) else { return true }
    return !scalars.contains { Tables.leftToRight.contains($0) }
      && Tables.rightToLeft.contains(first) && Tables.rightToLeft.contains(last)
  }

  private enum Tables {
    static let spaces = ScalarRanges(packed: SASLprepTables.spaces)
    static let ignored = ScalarRanges(packed: SASLprepTables.ignored)
    static let prohibited = ScalarRanges(packed: SASLprepTables.prohibited)
    static let unassigned = ScalarRanges(packed: SASLprepTables.unassigned)
    static let rightToLeft = ScalarRanges(packed: SASLprepTables.rightToLeft)
    static let leftToRight = ScalarRanges(packed: SASLprepTables.leftToRight)
  }
}
