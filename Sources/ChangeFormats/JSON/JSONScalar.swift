import CDCTime
import PGOutput
import PGWire
import ReplicationCore

/// How one value becomes JSON in our lines, by its type.
enum JSONScalar: Equatable {
  /// `true` or `false`.
  case boolean
  /// The digits as they are.
  case integer(WholeNumberBounds)
  /// A string of the digits: `int8` where that is wanted; see
  /// ``JSONLineFormat/Options/LargeIntegers``.
  case quotedInteger(WholeNumberBounds)
  /// The digits as they are; what isn't finite as a string.
  case float
  /// A string, so that no reader rounds it.
  case numeric
  /// The document itself, or a string that holds it; see ``JSONLineFormat/Options/Documents``.
  case json
  /// ISO 8601; infinities and BC as PostgreSQL writes them.
  case time(PostgresTimestamp.SQLType)
  /// `\x` and hexadecimal digits.
  case bytea
  /// `X/X`, unpadded, whatever the server prints.
  case lsn
  /// The text as it is.
  case text

  init(_ type: BuiltinType, _ options: JSONLineFormat.Options) {
    switch type {
    case .bool: self = .boolean
    case .int2, .int4, .int8, .oid:
      guard let bounds = WholeNumberBounds(.builtin(type)) else {
        self = .text
        return
      }
      let isQuoted = type == .int8 && options.largeIntegers == .string
      self = isQuoted ? .quotedInteger(bounds) : .integer(bounds)
    case .float4, .float8: self = .float
    case .numeric: self = .numeric
    case .json, .jsonb: self = .json
    case .timestamp: self = .time(.timestamp)
    case .timestamptz: self = .time(.timestamptz)
    case .bytea: self = .bytea
    case .pgLSN: self = .lsn
    default: self = .text
    }
  }
}

extension JSONScalar: ScalarFormat {
  init(_ type: PostgresType, modifier: Int32, _ options: JSONLineFormat.Options) {
    self = type.builtin.map { JSONScalar($0, options) } ?? .text
  }

  static func leavesOut(_ type: PostgresType) -> Bool { false }

  static func append(
    unsent facts: TableDescription.Column?, _ type: PostgresType, isDomain: Bool,
    as format: ValueFormat<Self>, _ values: inout ValueWriter, to output: inout OutputBuffer
  ) {}

  @inline(__always) func append(
    _ text: Span<UInt8>, to output: inout OutputBuffer, _ syntax: inout JSONSyntax
  ) throws(UnexpectedText) {
    switch self {
    case .text:
      try output.append(string: text)
    case .integer(let bounds):
      guard bounds.accepts(text) else { throw UnexpectedText() }
      output.append(text)
    case .boolean:
      guard text.count == 1 else { throw UnexpectedText() }
      switch text[0] {
      case UInt8(ascii: "t"): output.append(json: "true")
      case UInt8(ascii: "f"): output.append(json: "false")
      default: throw UnexpectedText()
      }
    case .numeric:
      guard text.isNumber(exponent: false) || text.isNotFinite else { throw UnexpectedText() }
      output.append(quoting: text)
    case .time(let type):
      try output.append(time: text, as: type)
    default:
      try appendRare(text, to: &output, &syntax)
    }
  }

  private func appendRare(
    _ text: Span<UInt8>, to output: inout OutputBuffer, _ syntax: inout JSONSyntax
  ) throws(UnexpectedText) {
    switch self {
    case .quotedInteger(let bounds):
      guard bounds.accepts(text) else { throw UnexpectedText() }
      output.append(quoting: text)
    case .float:
      if text.isNumber(exponent: true) { return output.append(text) }
      guard text.isNotFinite else { throw UnexpectedText() }
      output.append(quoting: text)
    case .bytea:
      try output.append(bytea: text)
    case .lsn:
      guard let lsn = LSN(postgresText: text) else { throw UnexpectedText() }
      output.append(quoted: lsn)
    case .json:
      guard text.isUTF8 else { throw UnexpectedText(reason: .notUTF8) }
      switch syntax.check(text) {
      case .refused: throw UnexpectedText()
      case .accepted where syntax.documents == .embed: output.append(document: text)
      case .accepted, .acceptedByFew: try output.append(string: text)
      }
    case .boolean, .integer, .numeric, .time, .text: return
    }
  }

  func append(binary bytes: Span<UInt8>, to output: inout OutputBuffer) -> Bool {
    switch self {
    case .boolean:
      guard bytes.count == 1, bytes[0] <= 1 else { return false }
      output.append(bytes[0] == 1)
      return true
    case .integer(let bounds):
      guard let number = bounds.number(binary: bytes) else { return false }
      output.append(decimal: number)
      return true
    default: return false
    }
  }
}

extension OutputBuffer {
  /// Appends a time as a JSON string: ISO 8601; infinities and BC as PostgreSQL writes them.
  fileprivate mutating func append(
    time text: Span<UInt8>, as type: PostgresTimestamp.SQLType
  ) throws(UnexpectedText) {
    append(UInt8(ascii: "\""))
    var isShort = false
    append(addingCapacity: PostgresTimestamp.maxISO8601Count) {
      isShort = PostgresTimestamp.appendISO8601(ofText: text, as: type, to: &$0)
    }
    if !isShort {
      guard let time = PostgresTimestamp(text, as: type) else { throw UnexpectedText() }
      append(time, as: type)
    }
    append(UInt8(ascii: "\""))
  }

  /// Appends ISO 8601, without quotes.
  mutating func append(_ time: PostgresTimestamp, as type: PostgresTimestamp.SQLType) {
    append(addingCapacity: PostgresTimestamp.maxTextCount) {
      time.append(to: &$0, as: type, style: .iso8601)
    }
  }

  /// Appends a `bytea` as a JSON string of `\x` and lower-case hexadecimal digits.
  ///
  /// - Parameter text: What the server prints, with either setting of `bytea_output`.
  fileprivate mutating func append(bytea text: Span<UInt8>) throws(UnexpectedText) {
    append(json: #""\\x"#)
    if text.isHexBytea {
      append(text.extracting(droppingFirst: 2))
    } else {
      guard let value = PostgresBytea(escapedText: text) else { throw UnexpectedText() }
      for byte in value.bytes { append(hex: byte) }
    }
    append(UInt8(ascii: "\""))
  }
}
