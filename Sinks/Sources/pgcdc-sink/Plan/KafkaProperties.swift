/// Properties of librdkafka, as lines of the form `name=value`.
enum KafkaProperties {
  /// Those of a file, and then lines; the last one of a name counts.
  static func properties(lines: [String], file: String?) throws(PlanError) -> [String: String] {
    var properties: [String: String] = [:]
    if let file {
      let text = String(decoding: try SmallFile.bytes(at: file), as: UTF8.self)
      for line in text.split(whereSeparator: \.isNewline) { try add(line, to: &properties) }
    }
    for line in lines { try add(line[...], to: &properties) }
    return properties
  }

  /// Adds a property; empty lines and those that begin with `#` are left out.
  private static func add(
    _ line: Substring, to properties: inout [String: String]
  ) throws(PlanError) {
    let line = line.drop(while: \.isWhitespace)
    if line.isEmpty || line.hasPrefix("#") { return }
    guard let equals = line.firstIndex(of: "=") else {
      // It may be a password.
      throw PlanError("a property of Kafka is not of the form name=value")
    }
    var name = line[..<equals]
    while name.last?.isWhitespace == true { name.removeLast() }
    properties[String(name)] = String(line[line.index(after: equals)...])
  }
}
