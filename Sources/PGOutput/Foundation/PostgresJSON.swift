#if Foundation
  import PGWire

  #if canImport(FoundationEssentials)
    import FoundationEssentials
  #else
    import Foundation
  #endif

  /// A value of any `Decodable` type in a column of the type `json` or `jsonb`.
  ///
  ///     let profile = try row["profile", as: PostgresJSON<Profile>.self].value
  ///     let maybe = try row["profile", as: PostgresJSON<Profile>?.self]?.value   // NULL is nil
  ///     let big = try row.columnValue("profile", as: PostgresJSON<Profile>.self) // or unchanged
  ///
  /// With the package's trait `Foundation`. Foundation's `JSONDecoder` reads it, with its defaults;
  /// `RowView.decode(_:json:using:)` takes one of yours. JSON that is not a value of the type is
  /// ``PostgresValueError/outOfRange``.
  public struct PostgresJSON<Value> {
    /// The value.
    public var value: Value

    /// A value in a column of JSON.
    public init(_ value: Value) {
      self.value = value
    }
  }

  extension PostgresJSON: Equatable where Value: Equatable {}
  extension PostgresJSON: Hashable where Value: Hashable {}
  extension PostgresJSON: Sendable where Value: Sendable {}

  extension PostgresJSON: PostgresDecodable where Value: Decodable {
    public init(
      postgresText text: Span<UInt8>, type: PostgresType
    ) throws(PostgresValueError) {
      try self.init(json: try Data(jsonText: text, type: type))
    }

    public init(
      postgresBinary bytes: Span<UInt8>, type: PostgresType
    ) throws(PostgresValueError) {
      try self.init(json: try Data(jsonBinary: bytes, type: type))
    }

    private init(json: Data) throws(PostgresValueError) {
      let value: Value
      do {
        value = try JSONDecoder().decode(Value.self, from: json)
      } catch {
        throw .outOfRange
      }
      self.init(value)
    }
  }

  /// In other coders it is the value itself.
  extension PostgresJSON: Decodable where Value: Decodable {
    public init(from decoder: any Decoder) throws {
      self.init(try decoder.singleValueContainer().decode(Value.self))
    }
  }

  extension PostgresJSON: Encodable where Value: Encodable {
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(value)
    }
  }

  /// The JSON that a column holds.
  extension Data {
    init(jsonText text: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
      guard type.isJSON else { throw .wrongType }
      self.init(text.copied())
    }

    init(jsonBinary bytes: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
      switch type {
      case .builtin(.json): self.init(bytes.copied())
      case .builtin(.jsonb):
        // A version is in front.
        guard bytes.byte(at: 0) == 1 else { throw .malformed }
        self.init(bytes.extracting(droppingFirst: 1).copied())
      default: throw .wrongType
      }
    }
  }

  extension PostgresType {
    /// Whether this is `json` or `jsonb`.
    var isJSON: Bool {
      switch self {
      case .builtin(.json), .builtin(.jsonb): true
      default: false
      }
    }
  }
#endif
