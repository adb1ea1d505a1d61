internal import CDCTime
internal import PGOutput

/// A key's value from the wire, and back to text.
extension KeyValue {
  /// Decodes a column of the stream or of COPY.
  ///
  /// - Returns: `nil` for NULL and for a column that was not sent, which are no key, and for bytes
  ///   that the server would not send.
  init?(_ column: borrowing TupleColumn, type: KeyType) {
    switch copy column {
    case .text(let text): self.init(text: text, type: type)
    case .binary(let bytes): self.init(binary: bytes, type: type)
    case .null, .unchanged, .notSent: return nil
    }
  }

  /// Decodes what the server prints.
  init?(text: Span<UInt8>, type: KeyType) {
    guard let builtin = type.type.builtin, type.order != .server else {
      self = .opaque(text.bytes())
      return
    }
    let wire = PostgresType.builtin(builtin)
    switch type.order {
    case .boolean: self.init(try? Bool(postgresText: text, type: wire), Self.boolean)
    case .integer: self.init(try? Int64(postgresText: text, type: wire), Self.integer)
    case .float: self.init(try? Double(postgresText: text, type: wire), Self.normalized)
    case .numeric: self.init(PostgresNumeric(postgresText: text), Self.numeric)
    case .uuid: self.init(PostgresUUID(postgresText: text), Self.uuid)
    case .date: self.init(PostgresDate(postgresText: text), Self.date)
    case .time: self.init(PostgresTime(postgresText: text), Self.time)
    case .timeWithZone: self.init(PostgresTimeTZ(postgresText: text), Self.timeWithZone)
    case .timestamp:
      self.init(try? PostgresTimestamp(postgresText: text, type: wire), Self.timestamp)
    case .macAddress:
      self.init(try? PostgresMACAddress(postgresText: text, type: wire), Self.macAddress)
    case .singleByte: self.init(PostgresChar(postgresText: text)?.byte, Self.singleByte)
    case .bytes: self.init(PostgresBytea(postgresText: text)?.bytes, Self.bytes)
    case .text: self = .bytes(text.bytes())
    case .paddedText: self = .bytes(text.bytes().withoutBlanksAtEnd)
    case .server: return nil
    }
  }

  /// Decodes what the server sends in binary.
  init?(binary bytes: Span<UInt8>, type: KeyType) {
    guard let builtin = type.type.builtin else {
      // Enums and types like `citext` send their text.
      self = .opaque(bytes.bytes())
      return
    }
    let wire = PostgresType.builtin(builtin)
    switch type.order {
    case .boolean: self.init(try? Bool(postgresBinary: bytes, type: wire), Self.boolean)
    case .integer: self.init(try? Int64(postgresBinary: bytes, type: wire), Self.integer)
    case .float: self.init(try? Double(postgresBinary: bytes, type: wire), Self.normalized)
    case .numeric: self.init(PostgresNumeric(postgresBinary: bytes), Self.numeric)
    case .uuid: self.init(PostgresUUID(postgresBinary: bytes), Self.uuid)
    case .date: self.init(PostgresDate(postgresBinary: bytes), Self.date)
    case .time: self.init(PostgresTime(postgresBinary: bytes), Self.time)
    case .timeWithZone: self.init(PostgresTimeTZ(postgresBinary: bytes), Self.timeWithZone)
    case .timestamp:
      self.init(try? PostgresTimestamp(postgresBinary: bytes, type: wire), Self.timestamp)
    case .macAddress:
      self.init(try? PostgresMACAddress(postgresBinary: bytes, type: wire), Self.macAddress)
    case .singleByte: self.init(PostgresChar(postgresBinary: bytes)?.byte, Self.singleByte)
    case .bytes, .text: self = .bytes(bytes.bytes())
    case .paddedText: self = .bytes(bytes.bytes().withoutBlanksAtEnd)
    case .server:
      self.init(
        (try? String(postgresBinary: bytes, type: wire)).map { Array($0.utf8) }, Self.opaque)
    }
  }

  /// The text that the server's input function reads as the same value.
  func text(type: KeyType) -> [UInt8] {
    var text: [UInt8] = []
    switch self {
    case .boolean(let value): text = [UInt8(ascii: value ? "t" : "f")]
    case .integer(let value): value.appendPostgresText(to: &text)
    case .float(let value):
      if type.type.builtin == .float4 {
        Float(value).appendPostgresText(to: &text)
      } else {
        value.appendPostgresText(to: &text)
      }
    case .numeric(let value): value.appendPostgresText(to: &text)
    case .uuid(let value): value.appendPostgresText(to: &text)
    case .date(let value): value.appendPostgresText(to: &text)
    case .time(let value): value.appendPostgresText(to: &text)
    case .timeWithZone(let value): value.appendPostgresText(to: &text)
    case .timestamp(let value):
      let isZoned = type.type.builtin == .timestamptz
      text = Array(value.text(as: isZoned ? .timestamptz : .timestamp).utf8)
    case .macAddress(let value): value.appendPostgresText(to: &text)
    case .singleByte(let value): PostgresChar(value).appendPostgresText(to: &text)
    case .bytes(let value):
      if type.order == .bytes {
        PostgresBytea(value).appendPostgresText(to: &text)
      } else {
        text = value
      }
    case .opaque(let value): text = value
    }
    return text
  }

  private init?<Value>(_ value: Value?, _ wrap: (Value) -> KeyValue) {
    guard let value else { return nil }
    self = wrap(value)
  }

  private static func normalized(_ value: Double) -> KeyValue {
    .float(value.isNaN ? .nan : value == 0 ? 0 : value)
  }
}

extension Span<UInt8> {
  fileprivate func bytes() -> [UInt8] {
    [UInt8](capacity: count) { output in
      for index in indices { output.append(self[index]) }
    }
  }
}

extension [UInt8] {
  /// `bpchar` compares without them, and so do its texts.
  fileprivate var withoutBlanksAtEnd: [UInt8] {
    var end = endIndex
    while end > startIndex, self[end - 1] == UInt8(ascii: " ") { end -= 1 }
    return Array(self[..<end])
  }
}
