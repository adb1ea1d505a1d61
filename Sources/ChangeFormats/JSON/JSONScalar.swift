import CDCTime
import PGOutput
import PGWire

/// How the text of one value becomes JSON, by the value's type.
enum JSONScalar: Equatable {
  /// `true` or `false`.
  case boolean
  /// The digits as they are.
  case integer(ClosedRange<Int64>)
  /// `int8`: the digits as they are, or a string of them; see ``LineOptions/LargeIntegers``.
  case largeInteger
  /// The digits as they are; what isn't finite as a string.
  case float
  /// A string, so that no reader rounds it.
  case numeric
  /// The document itself, or a string that holds it; see ``LineOptions/Documents``.
  case json
  /// ISO 8601; infinities and BC as PostgreSQL writes them.
  case time(PostgresTimestamp.SQLType)
  /// `\x` and hexadecimal digits.
  case bytea
  /// `X/X`, unpadded, whatever the server prints.
  case lsn
  /// The text as it is.
  case text

  init(_ type: BuiltinType) {
    self =
      switch type {
      case .bool: .boolean
      case .int2: .integer(Int64(Int16.min)...Int64(Int16.max))
      case .int4: .integer(Int64(Int32.min)...Int64(Int32.max))
      case .int8: .largeInteger
      case .oid: .integer(0...Int64(UInt32.max))
      case .float4, .float8: .float
      case .numeric: .numeric
      case .json, .jsonb: .json
      case .timestamp: .time(.timestamp)
      case .timestamptz: .time(.timestamptz)
      case .bytea: .bytea
      case .pgLSN: .lsn
      default: .text
      }
  }
}

extension JSONScalar: JSONElement {
  init(_ type: PostgresType, modifier: Int32) {
    self = type.builtin.map { JSONScalar($0) } ?? .text
  }
}

extension JSONScalar {
  /// Appends the JSON of a value.
  ///
  /// - Throws: If the text is none of the type; then a part of it may have been appended.
  func append(
    _ text: Span<UInt8>, to output: inout [UInt8], syntax: inout JSONSyntax
  ) throws(UnexpectedText) {
    switch self {
    case .text:
      try output.append(string: text)
    case .integer(let range):
      guard text.isInteger(in: range) else { throw UnexpectedText() }
      output.append(text)
    case .largeInteger:
      guard text.isInteger(in: Int64.min...Int64.max) else { throw UnexpectedText() }
      switch syntax.largeIntegers {
      case .number: output.append(text)
      case .string: try output.append(string: text)
      }
    case .boolean:
      guard text.count == 1 else { throw UnexpectedText() }
      switch text[0] {
      case UInt8(ascii: "t"): output.append(json: "true")
      case UInt8(ascii: "f"): output.append(json: "false")
      default: throw UnexpectedText()
      }
    case .float:
      if text.isNumber(exponent: true) {
        output.append(text)
      } else {
        guard text.isNotFinite else { throw UnexpectedText() }
        try output.append(string: text)
      }
    case .numeric:
      guard text.isNumber(exponent: false) || text.isNotFinite else { throw UnexpectedText() }
      try output.append(string: text)
    case .time(let type):
      guard let time = PostgresTimestamp(text, as: type) else { throw UnexpectedText() }
      output.append(UInt8(ascii: "\""))
      time.append(to: &output, as: type, style: .iso8601)
      output.append(UInt8(ascii: "\""))
    case .bytea:
      try output.append(bytea: text)
    case .lsn:
      guard let lsn = LSN(postgresText: text) else { throw UnexpectedText() }
      output.append(lsn)
    case .json:
      guard text.isUTF8 else { throw UnexpectedText(reason: .notUTF8) }
      switch syntax.check(text) {
      case .refused: throw UnexpectedText()
      case .accepted where syntax.documents == .embed: output.append(document: text)
      case .accepted, .acceptedByFew: try output.append(string: text)
      }
    }
  }
}
