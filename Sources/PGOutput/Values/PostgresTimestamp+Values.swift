public import CDCTime

/// The types of CDCTime as columns: `date`, `time`, `timetz`, `interval`.
extension PostgresDate: PostgresScalar {
  @usableFromInline package static func stands(for type: BuiltinType) -> Bool { type == .date }

  public init?(postgresText text: Span<UInt8>) { self.init(text) }

  public init?(postgresBinary bytes: Span<UInt8>) {
    guard bytes.count == 4 else { return nil }
    self.init(daysSince2000: Int32(bitPattern: bytes.uint32(at: 0)))
  }

  public func appendPostgresText(to bytes: inout [UInt8]) { append(to: &bytes) }
}

extension PostgresTime: PostgresScalar {
  @usableFromInline package static func stands(for type: BuiltinType) -> Bool { type == .time }

  public init?(postgresText text: Span<UInt8>) { self.init(text) }

  public init?(postgresBinary bytes: Span<UInt8>) {
    guard bytes.count == 8 else { return nil }
    self.init(microseconds: Int64(bitPattern: bytes.uint64(at: 0)))
  }

  public func appendPostgresText(to bytes: inout [UInt8]) { append(to: &bytes) }
}

extension PostgresTimeTZ: PostgresScalar {
  @usableFromInline package static func stands(for type: BuiltinType) -> Bool { type == .timetz }

  public init?(postgresText text: Span<UInt8>) { self.init(text) }

  /// The wire counts the offset west of Greenwich.
  public init?(postgresBinary bytes: Span<UInt8>) {
    guard bytes.count == 12,
      let time = PostgresTime(microseconds: Int64(bitPattern: bytes.uint64(at: 0)))
    else { return nil }
    self.init(time: time, secondsEastOfUTC: 0 &- Int32(bitPattern: bytes.uint32(at: 8)))
  }

  public func appendPostgresText(to bytes: inout [UInt8]) { append(to: &bytes) }
}

extension PostgresInterval: PostgresScalar {
  @usableFromInline package static func stands(for type: BuiltinType) -> Bool { type == .interval }

  public init?(postgresText text: Span<UInt8>) { self.init(text) }

  public init?(postgresBinary bytes: Span<UInt8>) {
    guard bytes.count == 16 else { return nil }
    self.init(
      months: Int32(bitPattern: bytes.uint32(at: 12)),
      days: Int32(bitPattern: bytes.uint32(at: 8)),
      microseconds: Int64(bitPattern: bytes.uint64(at: 0)))
  }

  public func appendPostgresText(to bytes: inout [UInt8]) { append(to: &bytes) }
}

/// A `timestamptz` or a `timestamp`, which counts as if its local time were UTC.
///
/// Its text here is that of a `timestamptz`; see ``PostgresTimestamp/text(as:style:)`` for both.
extension PostgresTimestamp: PostgresDecodable, PostgresTextConvertible, Codable {
  public init(postgresText text: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    guard let type = SQLType(type) else { throw .wrongType }
    guard let value = PostgresTimestamp(text, as: type) else { throw .malformed }
    self = value
  }

  public init(postgresBinary bytes: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    guard SQLType(type) != nil else { throw .wrongType }
    guard let value = PostgresTimestamp(postgresBinary: bytes) else { throw .malformed }
    self = value
  }

  init?(postgresBinary bytes: Span<UInt8>) {
    guard bytes.count == 8 else { return nil }
    self.init(microseconds: Int64(bitPattern: bytes.uint64(at: 0)))
    // As the server checks what it is sent.
    guard !isFinite || Self.serverRange.contains(microseconds) else { return nil }
  }

  public func appendPostgresText(to bytes: inout [UInt8]) { append(to: &bytes, as: .timestamptz) }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let value = PostgresTimestamp(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "the text is not a time as PostgreSQL prints it")
    }
    self = value
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension PostgresTimestamp.SQLType {
  init?(_ type: PostgresType) {
    switch type {
    case .builtin(.timestamptz): self = .timestamptz
    case .builtin(.timestamp): self = .timestamp
    default: return nil
    }
  }
}
