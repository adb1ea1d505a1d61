import CDCTime
import PGWire

extension PostgresType {
  /// Appends the text of a binary value that holds no others.
  func appendScalar(
    binary bytes: Span<UInt8>, to output: inout [UInt8], _ style: ValueTextStyle
  ) throws(PostgresValueError) {
    switch self {
    case .builtin(let type): try type.appendText(ofBinary: bytes, to: &output, style)
    case .hstore:
      try PostgresHstore(postgresBinary: bytes, type: self).appendPostgresText(to: &output)
    case .enumeration, .text: output.append(bytes)
    case .versionedText: try bytes.appendVersionedText(to: &output)
    case .unknown(let oid): throw .unknownType(oid: oid)
    case .named, .array, .composite, .range, .multirange: throw .unknownBinary
    }
  }

  /// Appends the text of a value that was sent as text and holds no others.
  func appendScalar(
    text: Span<UInt8>, to output: inout [UInt8], _ style: ValueTextStyle
  ) throws(PostgresValueError) {
    switch self {
    case .builtin(.money):
      try PostgresMoney(postgresText: text, type: self)
        .appendPostgresText(to: &output, scale: style.moneyScale ?? 2)
    case .builtin(.char):
      try PostgresChar(postgresText: text, type: self).appendPostgresText(to: &output)
    default: output.append(text)
    }
  }

  /// Whether the text that the server sends differs from what is printed.
  ///
  /// - `money`: in the locale `C`, in which streams ask for it, the server puts the point before
  ///   the last two digits, whatever currency the database is of.
  /// - `"char"`: before 16 a byte above 127 is sent as it is, which isn't UTF-8.
  package func isRewritten(_ style: ValueTextStyle) -> Bool {
    mentions(\.mentionsChar, .char) || style.moneyScale ?? 2 != 2 && mentionsMoney
  }

  /// Whether this is `money`, or a value of that may lie in one of these.
  package var mentionsMoney: Bool { mentions(\.mentionsMoney, .money) }

  /// Whether this is that type, or a value of it may lie in one of these.
  ///
  /// - Parameter known: What a composite's field answers instead, found once for its type.
  func mentions(_ known: KeyPath<SharedType, Bool>, _ type: BuiltinType) -> Bool {
    switch self {
    case .builtin(let builtin): builtin == type
    case .array(let element, _): element.mentions(known, type)
    case .range(_, let bound), .multirange(_, let bound): bound.mentions(known, type)
    case .composite(_, let fields, _): fields.contains { $0.shared[keyPath: known] }
    case .enumeration, .hstore, .text, .versionedText, .named, .unknown: false
    }
  }
}
