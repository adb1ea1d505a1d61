/// A value of JSON; numbers keep their digits.
enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])
}

extension JSONValue {
  /// A value from its text.
  init(parsing bytes: [UInt8]) throws(JSONFault) {
    var parser = JSONParser(bytes)
    self = try parser.whole()
  }

  subscript(_ name: String) -> JSONValue? {
    if case .object(let members) = self { members[name] } else { nil }
  }

  var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  var members: [String: JSONValue]? {
    if case .object(let members) = self { members } else { nil }
  }

  var elements: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  var integer: Int64? {
    if case .number(let digits) = self { Int64(digits) } else { nil }
  }
}

extension JSONValue: CustomStringConvertible {
  var description: String {
    switch self {
    case .null: "null"
    case .bool(let flag): "\(flag)"
    case .number(let digits): digits
    case .string(let text):
      text.utf8.count > 60 ? "\"\(text.prefix(60))…\" (\(text.utf8.count) bytes)" : "\"\(text)\""
    case .array(let elements): "[\(elements.map(\.description).joined(separator: ","))]"
    case .object(let members):
      "{"
        + members.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }
        .joined(separator: ",") + "}"
    }
  }
}

/// A text is not JSON.
struct JSONFault: Error, CustomStringConvertible {
  let place: Int

  var description: String { "not JSON at byte \(place)" }
}

/// Reads JSON, as strictly as RFC 8259 has it but for the form of numbers.
struct JSONParser {
  private let bytes: [UInt8]
  private var place = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func whole() throws(JSONFault) -> JSONValue {
    let value = try value(depth: 0)
    skipSpace()
    guard place == bytes.count else { throw fault }
    return value
  }

  private var fault: JSONFault { JSONFault(place: place) }

  private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

  private mutating func skipSpace() {
    while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { place += 1 }
  }

  private mutating func takes(_ byte: UInt8) -> Bool {
    skipSpace()
    guard next == byte else { return false }
    place += 1
    return true
  }

  private mutating func expect(_ byte: UInt8) throws(JSONFault) {
    guard takes(byte) else { throw fault }
  }

  private mutating func value(depth: Int) throws(JSONFault) -> JSONValue {
    guard depth < 600 else { throw fault }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(
    _ word: StaticString, _ value: JSONValue
  ) throws(JSONFault) -> JSONValue {
    let text = Array("\(word)".utf8)
    guard bytes[place...].starts(with: text) else { throw fault }
    place += text.count
    return value
  }

  private mutating func number() throws(JSONFault) -> JSONValue {
    let start = place
    while let byte = next, Self.isInNumbers(byte) { place += 1 }
    guard place > start else { throw fault }
    return .number(String(decoding: bytes[start..<place], as: UTF8.self))
  }

  private static func isInNumbers(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }

  private mutating func array(depth: Int) throws(JSONFault) -> JSONValue {
    try expect(UInt8(ascii: "["))
    var elements: [JSONValue] = []
    if takes(UInt8(ascii: "]")) { return .array(elements) }
    repeat { elements.append(try value(depth: depth + 1)) } while takes(UInt8(ascii: ","))
    try expect(UInt8(ascii: "]"))
    return .array(elements)
  }

  private mutating func object(depth: Int) throws(JSONFault) -> JSONValue {
    try expect(UInt8(ascii: "{"))
    var members: [String: JSONValue] = [:]
    if takes(UInt8(ascii: "}")) { return .object(members) }
    repeat {
      skipSpace()
      let name = try string()
      try expect(UInt8(ascii: ":"))
      let member = try value(depth: depth + 1)
      guard members.updateValue(member, forKey: name) == nil else { throw fault }
    } while takes(UInt8(ascii: ","))
    try expect(UInt8(ascii: "}"))
    return .object(members)
  }

  private mutating func string() throws(JSONFault) -> String {
    try expect(UInt8(ascii: "\""))
    let start = place
    while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      place += 1
    }
    if next == UInt8(ascii: "\"") {
      defer { place += 1 }
      return try text(bytes[start..<place])
    }
    var unescaped = Array(bytes[start..<place])
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw fault }
      place += 1
      guard byte != UInt8(ascii: "\\") else {
        try unescape(into: &unescaped)
        continue
      }
      unescaped.append(byte)
    }
    try expect(UInt8(ascii: "\""))
    return try text(unescaped[...])
  }

  private func text(_ bytes: ArraySlice<UInt8>) throws(JSONFault) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw fault }
    return text
  }

  private mutating func unescape(into output: inout [UInt8]) throws(JSONFault) {
    guard let letter = next else { throw fault }
    place += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): output.append(letter)
    case UInt8(ascii: "b"): output.append(0x08)
    case UInt8(ascii: "f"): output.append(0x0C)
    case UInt8(ascii: "n"): output.append(0x0A)
    case UInt8(ascii: "r"): output.append(0x0D)
    case UInt8(ascii: "t"): output.append(0x09)
    case UInt8(ascii: "u"): output += Array(String(try character()).utf8)
    default: throw fault
    }
  }

  /// A character of four digits, or of two halves of four digits.
  private mutating func character() throws(JSONFault) -> Unicode.Scalar {
    var code = try digits()
    if (0xD800..<0xDC00).contains(code) {
      guard bytes[place...].starts(with: Array("\\u".utf8)) else { throw fault }
      place += 2
      let low = try digits()
      guard (0xDC00..<0xE000).contains(low) else { throw fault }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw fault }
    return scalar
  }

  private mutating func digits() throws(JSONFault) -> UInt32 {
    guard place + 4 <= bytes.count,
      let code = UInt32(String(decoding: bytes[place..<place + 4], as: UTF8.self), radix: 16)
    else { throw fault }
    place += 4
    return code
  }
}
