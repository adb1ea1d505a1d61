/// A value of what the server answers.
enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  /// As it was written.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// Reads a text that is one value; `nil` for anything else.
  init?(_ text: [UInt8]) {
    var parser = JSONParser(text)
    guard let value = parser.parse() else { return nil }
    self = value
  }
}

extension JSONValue {
  /// A member of an object; `nil` if there is none, or it is null.
  subscript(_ name: String) -> JSONValue? {
    guard case .object(let members) = self, let value = members[name], value != .null else {
      return nil
    }
    return value
  }

  /// A text.
  var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// Whether it is `true`; what is missing is false for the server too.
  var isTrue: Bool { self == .bool(true) }

  /// A whole number that is not negative.
  var unsigned: UInt64? {
    if case .number(let digits) = self { UInt64(digits) } else { nil }
  }

  /// A whole number.
  var integer: Int64? {
    if case .number(let digits) = self { Int64(digits) } else { nil }
  }

  /// The texts of an array; `nil` if it has something else.
  var texts: [String]? {
    guard case .array(let values) = self else { return nil }
    let texts = values.compactMap(\.text)
    return texts.count == values.count ? texts : nil
  }

  /// Whether it is an array or object with something in it.
  var hasContent: Bool {
    switch self {
    case .array(let values): !values.isEmpty
    case .object(let members): !members.isEmpty
    case .string(let text): !text.isEmpty
    case .null, .bool, .number: false
    }
  }
}
