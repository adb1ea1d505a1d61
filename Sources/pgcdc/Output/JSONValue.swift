internal import ChangeFormats
internal import PGWire

/// JSON that is put together piece by piece, for reports; changes are written without it.
enum JSONValue {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  /// With the keys in their order.
  case object([(String, JSONValue)])

  /// A string, or null.
  static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
  static func optional(_ flag: Bool?) -> JSONValue { flag.map(JSONValue.bool) ?? .null }
  static func optional(_ number: (some BinaryInteger)?) -> JSONValue {
    number.map { .integer(Int64(clamping: $0)) } ?? .null
  }

  /// One line, without spaces.
  var text: String {
    var output = OutputBuffer()
    append(to: &output)
    return output.withBytes { bytes in String(decoding: bytes.copied(), as: UTF8.self) }
  }

  private func append(to output: inout OutputBuffer) {
    switch self {
    case .null: output.append("null")
    case .bool(let flag): output.append("\(flag)")
    case .integer(let number): output.append("\(number)")
    case .number(let number): output.append(number.isFinite ? "\(number)" : "null")
    case .string(let text): output.append(string: text)
    case .array(let values):
      output.append("[")
      for (index, value) in values.enumerated() {
        if index > 0 { output.append(",") }
        value.append(to: &output)
      }
      output.append("]")
    case .object(let members):
      output.append("{")
      for (index, member) in members.enumerated() {
        if index > 0 { output.append(",") }
        output.append(string: member.0)
        output.append(":")
        member.1.append(to: &output)
      }
      output.append("}")
    }
  }
}
