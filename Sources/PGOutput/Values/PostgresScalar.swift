/// A value that can be written as PostgreSQL prints it.
public protocol PostgresTextConvertible {
  /// Appends the text that the type's output function prints, with the settings of a stream.
  func appendPostgresText(to bytes: inout [UInt8])
}

extension PostgresTextConvertible {
  /// The text that the type's output function prints, with the settings of a stream.
  public var postgresText: String {
    var bytes: [UInt8] = []
    appendPostgresText(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A value whose forms are the same for all of its built-in types.
///
/// The text form of such a value is also the form that `Codable` gives it.
@usableFromInline
package protocol PostgresScalar: PostgresDecodable, PostgresTextConvertible,
  Hashable, Sendable, Codable
{
  /// Whether values of the type are decoded to this one.
  static func stands(for type: BuiltinType) -> Bool

  /// Reads what the server prints, and nothing else.
  init?(postgresText text: Span<UInt8>)

  /// Reads what the server sends, and nothing else.
  init?(postgresBinary bytes: Span<UInt8>)
}

extension PostgresScalar {
  @inlinable public init(
    postgresText text: Span<UInt8>, type: PostgresType
  ) throws(PostgresValueError) {
    guard let type = type.builtin, Self.stands(for: type) else { throw .wrongType }
    guard let value = Self(postgresText: text) else { throw .malformed }
    self = value
  }

  @inlinable public init(
    postgresBinary bytes: Span<UInt8>, type: PostgresType
  ) throws(PostgresValueError) {
    guard let type = type.builtin, Self.stands(for: type) else { throw .wrongType }
    guard let value = Self(postgresBinary: bytes) else { throw .malformed }
    self = value
  }

  /// The text that PostgreSQL prints for the value.
  public var description: String { postgresText }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = Self(printed: text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "the text is not a \(Self.self) as PostgreSQL prints it")
    }
    self = value
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(postgresText)
  }
}
