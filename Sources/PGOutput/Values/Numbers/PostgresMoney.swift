/// A `money`: an amount in the smallest unit of the server's currency.
///
/// The database's `lc_monetary` says how many of them make one of the currency, and its symbol: 100
/// cents, but one yen, and 1000 fils; see ``ValueTextStyle/moneyScale``. A stream of this package
/// asks for the locale `C`, in which an amount is printed as `-$1,234.56`; the `description` has
/// the same form. Of text in another locale all digits are taken, which gives the same amount.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-money.html>
public struct PostgresMoney: Hashable, Sendable {
  /// Cents, in most currencies.
  public let minorUnits: Int64

  /// An amount in the smallest unit: cents, in most currencies.
  public init(minorUnits: Int64) {
    self.minorUnits = minorUnits
  }
}

extension PostgresMoney: PostgresScalar, CustomStringConvertible {
  @usableFromInline package static func stands(for type: BuiltinType) -> Bool { type == .money }

  public init?(postgresText text: Span<UInt8>) {
    var (magnitude, digits, isNegative): (UInt64, Int, Bool) = (0, 0, false)
    for index in text.indices {
      switch text[index] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
        let (sum, carry) = product.addingReportingOverflow(UInt64(text[index] - 48))
        guard !overflow, !carry else { return nil }
        magnitude = sum
        digits += 1
      case UInt8(ascii: "-"), UInt8(ascii: "("): isNegative = true
      default: continue
      }
    }
    guard digits > 0, magnitude <= Int64.max.magnitude + (isNegative ? 1 : 0) else { return nil }
    minorUnits = Int64(truncatingIfNeeded: isNegative ? 0 &- magnitude : magnitude)
  }

  public init?(postgresBinary bytes: Span<UInt8>) {
    guard bytes.count == 8 else { return nil }
    minorUnits = Int64(bitPattern: bytes.uint64(at: 0))
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    appendPostgresText(to: &bytes, scale: 2)
  }

  /// Appends the amount with this number of digits after the point, as the locale `C` would print
  /// it if it had as many: `$1,235`, `$1,234.560`.
  ///
  /// - Parameter scale: 0 to 10, as on the server; see ``ValueTextStyle/moneyScale``.
  public func appendPostgresText(to bytes: inout [UInt8], scale: Int) {
    let scale = min(max(scale, 0), Self.maxScale)
    let power = (0..<scale).reduce(UInt64(1)) { power, _ in power * 10 }
    if minorUnits < 0 { bytes.append(UInt8(ascii: "-")) }
    bytes.append(UInt8(ascii: "$"))
    let units = String(minorUnits.magnitude / power).utf8
    for (index, digit) in units.enumerated() {
      if index > 0, (units.count - index) % 3 == 0 { bytes.append(UInt8(ascii: ",")) }
      bytes.append(digit)
    }
    guard scale > 0 else { return }
    bytes.append(UInt8(ascii: "."))
    bytes.append(decimal: minorUnits.magnitude % power, minDigits: scale)
  }

  /// The most digits after the point that the server takes from a locale.
  private static let maxScale = 10
}
