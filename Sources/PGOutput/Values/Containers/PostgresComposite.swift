import CDCTime
import PGWire

/// A row as a value: the fields of a composite type.
///
/// A field is decoded when it is asked for. Its type comes from a ``TypeCatalog``; without one the
/// binary form still names built-in types, and fields of the text form can only be read as
/// `String`.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/rowtypes.html#ROWTYPES-IO-SYNTAX>
public struct PostgresComposite: Sendable {
  /// The fields in their order.
  public let fields: [Field]

  /// One field.
  public struct Field: Sendable {
    /// The name, if a catalogue has it and the fields are those that the catalogue knows.
    public let name: String?
    /// The field's type.
    public let type: PostgresType
    let isBinary: Bool
    let bytes: [UInt8]?

    /// Whether it is NULL.
    public var isNull: Bool { bytes == nil }
  }
}

extension PostgresComposite.Field {
  /// Decodes the field's value.
  public func decode<Value: PostgresDecodable>(
    _ type: Value.Type = Value.self
  ) throws(PostgresValueError) -> Value {
    guard let bytes else {
      guard let null = Value.postgresNull else { throw .nullElement }
      return null
    }
    let span = bytes.span
    return isBinary
      ? try Value(postgresBinary: span, type: self.type)
      : try Value(postgresText: span, type: self.type)
  }
}

extension PostgresComposite {
  /// The field with that name, if a catalogue has the names.
  public subscript(name: String) -> Field? {
    fields.first { $0.name == name }
  }
}

extension PostgresComposite: PostgresDecodable {
  public init(postgresText text: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    var known = try Self.fields(of: type)?.fields
    var values: [[UInt8]?] = []
    try text.forEachField { text throws(PostgresValueError) in
      values.append(text.copied())
    } null: {
      values.append(nil)
    }
    // The type had other fields than the catalogue knows.
    if known?.count != values.count { known = nil }
    fields = values.enumerated().map { index, bytes in
      Field(
        name: known?[index].name, type: known?[index].type ?? .unknown(oid: 0), isBinary: false,
        bytes: bytes)
    }
  }

  public init(postgresBinary bytes: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    let described = try Self.fields(of: type)
    let (known, catalog) = (described?.fields, described?.catalog ?? TypeCatalog())
    var sent: [(oid: UInt32, bytes: [UInt8]?)] = []
    try bytes.forEachField { oid, bytes in
      sent.append((oid, bytes.copied()))
    } null: { oid in
      sent.append((oid, nil))
    }
    let isAsKnown = known?.map(\.typeOID) == sent.map(\.oid)
    fields = sent.enumerated().map { index, field in
      Field(
        name: isAsKnown ? known?[index].name : nil,
        type: (known ?? []).type(ofSent: field.oid, at: index, catalog), isBinary: true,
        bytes: field.bytes)
    }
  }

  private static func fields(
    of type: PostgresType
  ) throws(PostgresValueError) -> (fields: [PostgresType.Field], catalog: TypeCatalog)? {
    switch type {
    case .composite(_, let fields, let catalog): return (fields, catalog)
    case .named, .unknown: return nil
    default: throw .wrongType
    }
  }
}

extension Span<UInt8> {
  /// Reads a composite's text: `(a,"b c",,"")`, where an empty item without quotes is NULL.
  func forEachField(
    _ body: (Span<UInt8>) throws(PostgresValueError) -> Void,
    null: () throws(PostgresValueError) -> Void
  ) throws(PostgresValueError) {
    var rest = self
    guard rest.take("(") else { throw .malformed }
    if rest.take(")") {
      guard rest.isEmpty else { throw .malformed }
      return
    }
    repeat {
      if rest.byte(at: 0) == UInt8(ascii: "\"") {
        try rest.takeQuoted(.doubling, body)
        continue
      }
      let length = try rest.bareLength {
        $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ")") || $0 == UInt8(ascii: "(")
      }
      let bare = rest.extracting(first: length)
      rest = rest.extracting(droppingFirst: length)
      if length == 0 { try null() } else { try body(bare) }
    } while rest.take(",")
    guard rest.take(")"), rest.isEmpty else { throw .malformed }
  }

  /// Reads a composite's binary form: count 4, count × (type oid 4, length 4 or -1, value).
  func forEachField(
    _ body: (_ oid: UInt32, Span<UInt8>) throws(PostgresValueError) -> Void,
    null: (_ oid: UInt32) throws(PostgresValueError) -> Void
  ) throws(PostgresValueError) {
    var rest = self
    guard let count = rest.takeInt32(), count >= 0, Int(count) <= rest.count / 8 else {
      throw .malformed
    }
    for _ in 0..<count {
      guard let oid = rest.takeInt32().map({ UInt32(bitPattern: $0) }) else { throw .malformed }
      let value: Void? = try rest.takeSized { bytes throws(PostgresValueError) in
        try body(oid, bytes)
      }
      if value == nil { try null(oid) }
    }
    guard rest.isEmpty else { throw .malformed }
  }
}

extension [UInt8] {
  /// Puts quotes around a composite's field that has been appended since `start`, if it needs them.
  mutating func quoteField(from start: Int) {
    let needsQuotes = needsQuotes(from: start) { byte in
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "("), UInt8(ascii: ")"),
        UInt8(ascii: ","):
        true
      default: false
      }
    }
    if needsQuotes { quote(from: start, .doubling) }
  }
}
