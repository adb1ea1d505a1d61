/// A value in a row of a test's table: NULL, or text as a server prints it.
///
/// Literals are values: `1`, `2.5`, `"text"`, `true` and `nil`.
public enum TestValue: Hashable, Sendable {
  /// SQL's NULL.
  case null
  /// What the type's output function prints.
  case text(String)

  /// A whole number.
  public init(_ number: some BinaryInteger) {
    self = .text(String(number))
  }

  /// A text; `nil` is NULL.
  public init(_ text: String?) {
    self = text.map { .text($0) } ?? .null
  }

  /// The text; `nil` for NULL.
  public var text: String? {
    if case .text(let text) = self { text } else { nil }
  }
}

extension TestValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
  public init(stringLiteral text: String) { self = .text(text) }
  public init(integerLiteral number: Int) { self = .text(String(number)) }
  public init(floatLiteral number: Double) { self = .text("\(number)") }
  /// As servers print it: `t` or `f`.
  public init(booleanLiteral flag: Bool) { self = .text(flag ? "t" : "f") }
  public init(nilLiteral: ()) { self = .null }
}

extension TestValue: CustomStringConvertible {
  public var description: String { text ?? "NULL" }
}
