import PGOutput
import ReplicationCore

/// What stands in Debezium's events for a value that an old row lacks, since only its key was sent.
///
/// It is the column's default if that is a literal, what Debezium has for a default that is
/// computed, or else for NOT NULL columns a zero, an empty text or the like. Other columns have
/// null. The defaults of domains and of a `numeric` without a scale don't count, as with Debezium.
enum DebeziumDefault {
  /// The text of a column's default, as its type prints it; `nil` if the column has none that
  /// Debezium understands.
  static func text(of expression: String, _ type: PostgresType) -> String? {
    if case .enumeration = type { return expression.hasPrefix("'") ? literal(expression) : nil }
    guard let computed = placeholder(for: type) else { return nil }
    if isComputed(expression) { return computed }
    let value = literal(expression)
    return type.builtin == .bool ? value.map { $0 == "true" ? "t" : "f" } : value
  }

  /// The text for a default that is computed; `nil` for types whose defaults Debezium leaves out.
  private static func placeholder(for type: PostgresType) -> String? {
    switch type.builtin {
    case .bit: return "00"
    case .varbit, .numeric, .float4, .float8, .int2, .int4, .int8: return "0"
    case .bool: return "f"
    case .bpchar, .varchar, .text, .xml: return ""
    case .json, .jsonb: return "{}"
    case .uuid: return "00000000-0000-0000-0000-000000000000"
    case .date: return "1970-01-01"
    case .time: return "00:00:00"
    case .timestamp: return "1970-01-01 00:00:00"
    case .timestamptz: return "1970-01-01 00:00:00+00"
    case .interval: return "00:00:00"
    default: return nil
    }
  }

  /// Whether an expression is a call, or one of the functions that are written without brackets.
  private static func isComputed(_ expression: String) -> Bool {
    switch expression.uppercased() {
    case "CURRENT_TIMESTAMP", "CURRENT_TIME", "CURRENT_DATE", "LOCALTIME", "LOCALTIMESTAMP":
      return true
    default:
      let call = expression.utf8.drop { $0 == UInt8(ascii: "(") }
      let name = call.prefix { $0.isInFunctionNames }
      return !name.isEmpty && call.dropFirst(name.count).first == UInt8(ascii: "(")
    }
  }

  /// The value of a literal: `'it''s'::text`, `5`; `nil` for NULL.
  private static func literal(_ expression: String) -> String? {
    guard let quote = expression.utf8.firstIndex(of: UInt8(ascii: "'")) else {
      return expression.hasPrefix("NULL::") ? nil : expression
    }
    var text: [UInt8] = []
    var rest = expression.utf8[quote...].dropFirst()
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "'") {
        guard rest.first == byte else { break }
        rest.removeFirst()
      }
      text.append(byte)
    }
    return String(decoding: text, as: UTF8.self)
  }
}

extension DebeziumDefault {
  /// Appends the JSON of what stands for a value of a column.
  ///
  /// - Parameters:
  ///   - facts: What the catalog says of the column; without it there is null.
  ///   - isDomain: Whether the column's type is a domain over `type`.
  static func append(
    _ facts: TableDescription.Column?, _ type: PostgresType, isDomain: Bool,
    as format: ValueFormat<DebeziumScalar>, _ values: inout ValueWriter,
    to output: inout OutputBuffer
  ) {
    let start = output.count
    let expression = format.takesDefaults && !isDomain ? facts?.defaultExpression : nil
    let literal = expression.flatMap { text(of: $0, type) }
    if let literal, append(literal, as: format, &values, to: &output) { return }
    output.truncate(to: start)
    guard facts?.isNotNull == true else { return output.append(json: "null") }
    switch format {
    case .array: output.append(json: "[]")
    // It has no fraction, whatever the column's precision is.
    case .scalar(.timestamptz): output.append(json: #""1970-01-01T00:00:00Z""#)
    case .scalar(let scalar):
      if append(zero(of: scalar), as: format, &values, to: &output) { return }
      output.truncate(to: start)
      output.append(json: "null")
    }
  }

  /// - Returns: Whether the text is one of the column's type.
  private static func append(
    _ text: String, as format: ValueFormat<DebeziumScalar>, _ values: inout ValueWriter,
    to output: inout OutputBuffer
  ) -> Bool {
    let utf8 = text.utf8
    do throws(UnexpectedText) {
      try values.append(utf8.span, as: format, to: &output)
      return true
    } catch {
      return false
    }
  }

  /// The text of what a NOT NULL column without a default has, as the type prints it.
  private static func zero(of scalar: DebeziumScalar) -> String {
    switch scalar {
    case .plain(.boolean): "f"
    case .plain(.integer), .plain(.quotedInteger), .plain(.float): "0"
    case .plain: ""
    case .decimal, .variableDecimal: "0"
    case .money: "$0.00"
    case .date: "1970-01-01"
    case .time: "00:00:00"
    case .timestamp: "1970-01-01 00:00:00"
    case .timestamptz: "1970-01-01 00:00:00+00"
    case .timetz: "00:00:00+00"
    case .interval: "00:00:00"
    case .bytea: #"\x"#
    case .bit, .bits: "0"
    case .point: "(0,0)"
    case .hstore: ""
    }
  }
}

extension ValueFormat<DebeziumScalar> {
  /// Whether Debezium uses the default of such a column: it leaves out those that would be objects.
  fileprivate var takesDefaults: Bool {
    if case .scalar(.variableDecimal) = self { false } else { true }
  }
}

extension UInt8 {
  fileprivate var isInFunctionNames: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}
