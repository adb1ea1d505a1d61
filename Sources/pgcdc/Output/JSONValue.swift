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
    var output: [UInt8] = []
    append(to: &output)
    return String(decoding: output, as: UTF8.self)
  }

  private func append(to output: inout [UInt8]) {
    switch self {
    case .null: output.append(json: "null")
    case .bool(let flag): output.append(json: "\(flag)")
    case .integer(let number): output.append(json: "\(number)")
    case .number(let number): output.append(json: number.isFinite ? "\(number)" : "null")
    case .string(let text): output.append(string: text)
    case .array(let values):
      output.append(json: "[")
      for (index, value) in values.enumerated() {
        if index > 0 { output.append(json: ",") }
        value.append(to: &output)
      }
      output.append(json: "]")
    case .object(let members):
      output.append(json: "{")
      for (index, member) in members.enumerated() {
        if index > 0 { output.append(json: ",") }
        output.append(string: member.0)
        output.append(json: ":")
        member.1.append(to: &output)
      }
      output.append(json: "}")
    }
  }
}
