/// A Swift type that columns can be decoded to, from text and from binary alike.
///
/// Numbers, `Bool`, `String`, arrays of them and this module's own value types conform. To add a
/// type of your own, read the bytes of the forms that you expect, and throw
/// ``PostgresValueError/wrongType`` for other types; or decode a type that conforms already:
///
///     extension Email: PostgresDecodable {
///       init(postgresText text: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
///         self.init(try String(postgresText: text, type: type))
///       }
///       …
///
/// Enums whose raw values are strings need only the conformance.
public protocol PostgresDecodable {
  /// Decodes what the type's output function has printed.
  init(postgresText text: Span<UInt8>, type: PostgresType) throws(PostgresValueError)

  /// Decodes what the type's send function has written.
  init(postgresBinary bytes: Span<UInt8>, type: PostgresType) throws(PostgresValueError)

  /// What SQL's NULL becomes; `nil`, unless implemented, for a type that can't hold it.
  static var postgresNull: Self? { get }
}

extension PostgresDecodable {
  @inlinable public static var postgresNull: Self? { nil }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
  @inlinable public init(
    postgresText text: Span<UInt8>, type: PostgresType
  ) throws(PostgresValueError) {
    self = .some(try Wrapped(postgresText: text, type: type))
  }

  @inlinable public init(
    postgresBinary bytes: Span<UInt8>, type: PostgresType
  ) throws(PostgresValueError) {
    self = .some(try Wrapped(postgresBinary: bytes, type: type))
  }

  @inlinable public static var postgresNull: Wrapped?? { .some(.none) }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
  public init(postgresText text: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    guard let value = Self(rawValue: try RawValue(postgresText: text, type: type)) else {
      throw .outOfRange
    }
    self = value
  }

  public init(postgresBinary bytes: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    guard let value = Self(rawValue: try RawValue(postgresBinary: bytes, type: type)) else {
      throw .outOfRange
    }
    self = value
  }
}

/// Why the bytes of a value could not be decoded; it says nothing about their place.
@nonexhaustive public enum PostgresValueError: Error, Hashable, Sendable {
  /// The bytes aren't what the server prints or sends for the type.
  case malformed
  /// The value is right, but the Swift type can't hold it without loss.
  case outOfRange
  /// The Swift type is not for values of this PostgreSQL type.
  case wrongType
  /// The binary form of the type isn't known: it is an extension's, or no catalogue has it.
  case unknownBinary
  /// The value, or a field in it, is of a type that no catalogue has so far.
  case unknownType(oid: UInt32)
  /// An element of an array is NULL, for which the Swift type has no place.
  case nullElement
  /// The text that is made of the value would have more bytes than that; see ``ValueTextLimit``.
  case tooLong(limit: Int)
}
