import PGOutput
import PGWire

/// What stands in Debezium's events for a value that the server hasn't sent, since the update left
/// it alone and it is stored out of line.
///
/// Debezium: <https://debezium.io/documentation/reference/3.6/connectors/postgresql.html>
enum DebeziumPlaceholder {
  /// The JSON of the placeholder, by the column's type.
  static func json(for type: PostgresType) -> [UInt8] {
    switch type {
    case .builtin(.bytea): bytes
    case .hstore: hstore
    case .array(let element, _): array(of: element.builtin)
    default: text
    }
  }

  /// The one element of the placeholder's array; of numbers, one for each byte.
  private static func array(of element: BuiltinType?) -> [UInt8] {
    switch element {
    case .bytea: bytesInArray
    case .int2, .int4, .int8, .oid, .date: numbersInArray
    case .uuid: uuidInArray
    default: textInArray
    }
  }

  private static let placeholder = "__debezium_unavailable_value"
  private static let text = made { $0.append(string: placeholder) }
  private static let bytes = made { $0.append(base64: placeholder.utf8.span) }
  private static let hstore = made {
    $0.append(string: #"{"\#(placeholder)":"\#(placeholder)"}"#)
  }
  private static let textInArray = inBrackets(text)
  private static let bytesInArray = inBrackets(bytes)
  private static let numbersInArray = inBrackets(
    Array(placeholder.utf8.map { String($0) }.joined(separator: ",").utf8))
  /// The UUID of version 3 that the text gives.
  private static let uuidInArray = inBrackets(
    made { $0.append(string: "b68a35a7-17ad-35b3-af2a-ae46edb4545a") })

  private static func made(_ append: (inout OutputBuffer) -> Void) -> [UInt8] {
    var output = OutputBuffer(capacity: 256)
    append(&output)
    return output.withBytes { bytes in bytes.copied() }
  }

  private static func inBrackets(_ item: [UInt8]) -> [UInt8] {
    [UInt8(ascii: "[")] + item + [UInt8(ascii: "]")]
  }
}
