import PGWire

/// Any value as the text that PostgreSQL prints for it.
///
/// From the binary form the text is made here, the same that the server would have sent; for
/// types whose names or rules lie in the server's catalogue (`regclass` and its like, extensions)
/// that is ``PostgresValueError/unknownBinary``. Text that isn't UTF-8 is malformed.
extension String: PostgresDecodable {
  public init(postgresText text: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    guard let valid = try? UTF8Span(validating: text) else { throw .malformed }
    self = String(copying: valid)
  }

  public init(postgresBinary bytes: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    guard type.isTextInBinary else {
      var text: [UInt8] = []
      try type.appendText(ofBinary: bytes, to: &text)
      let span = text.span
      try self.init(postgresText: span, type: type)
      return
    }
    try self.init(postgresText: bytes, type: type)
  }
}

extension String: PostgresTextConvertible {
  public func appendPostgresText(to bytes: inout [UInt8]) {
    bytes.append(contentsOf: utf8)
  }
}

extension PostgresType {
  /// Whether the binary form is the text itself.
  package var isTextInBinary: Bool {
    switch self {
    case .text, .enumeration: true
    case .builtin(let type):
      switch type {
      case .text, .varchar, .bpchar, .name, .json, .xml, .refcursor: true
      default: false
      }
    default: false
    }
  }
}
