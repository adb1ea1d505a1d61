import PGOutput

/// What stands in Debezium's events for a value that the server hasn't sent, since the update left
/// it alone and it is stored out of line.
///
/// Debezium: <https://debezium.io/documentation/reference/3.6/connectors/postgresql.html>
enum DebeziumPlaceholder {
  /// The JSON of the placeholder, by the column's type.
  static func json(for type: PostgresType) -> [UInt8] {
    var output: [UInt8] = []
    switch type {
    case .builtin(.bytea): output.appendBytes()
    case .hstore: output.append(string: #"{"\#(placeholder)":"\#(placeholder)"}"#)
    case .array(let element, _):
      output.append(UInt8(ascii: "["))
      output.append(element: element.builtin)
      output.append(UInt8(ascii: "]"))
    default: output.append(string: placeholder)
    }
    return output
  }
}

extension [UInt8] {
  /// The one element of the placeholder's array; of numbers, one for each byte.
  fileprivate mutating func append(element: BuiltinType?) {
    switch element {
    case .bytea: appendBytes()
    case .int2, .int4, .int8, .oid, .date:
      append(json: placeholder.utf8.map { String($0) }.joined(separator: ","))
    // The UUID of version 3 that the text gives.
    case .uuid: append(string: "b68a35a7-17ad-35b3-af2a-ae46edb4545a")
    default: append(string: placeholder)
    }
  }

  fileprivate mutating func appendBytes() {
    let bytes = Array(placeholder.utf8)
    append(base64: bytes.span)
  }
}

private let placeholder = "__debezium_unavailable_value"
