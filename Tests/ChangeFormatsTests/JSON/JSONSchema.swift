/// The part of JSON Schema that the schema of our lines uses; any other keyword is an error.
///
/// Standard: <https://json-schema.org/draft/2020-12/json-schema-validation>
struct JSONSchema {
  private let root: JSONDocument

  struct UnknownKeyword: Error {
    let keyword: String
  }

  init(_ document: JSONDocument) {
    root = document
  }

  /// What is wrong with a document; empty if nothing is.
  func problems(_ document: JSONDocument) throws -> [String] {
    try problems(document, root, at: "$")
  }

  private func problems(
    _ value: JSONDocument, _ schema: JSONDocument, at path: String
  ) throws -> [String] {
    guard case .object(let keywords) = schema else { return ["\(path): a schema that is none"] }
    var problems: [String] = []
    for (keyword, rule) in keywords {
      switch keyword {
      case "$schema", "$defs", "title", "description", "required", "additionalProperties",
        "dependentRequired":
        break
      case "$ref": problems += try self.problems(value, definition(rule), at: path)
      case "oneOf":
        let fitting = try (rule.items ?? []).filter { choice in
          // Most are decided by one member, without a look at the others.
          let kind = choice["properties"]?["kind"]?["const"]
          if kind != nil, value["kind"] != kind { return false }
          return try self.problems(value, choice, at: path).isEmpty
        }
        if fitting.count != 1 { problems.append("\(path): \(fitting.count) of oneOf fit") }
      case "const": if value != rule { problems.append("\(path): not \(rule)") }
      case "enum":
        if rule.items?.contains(value) != true { problems.append("\(path): not in \(rule)") }
      case "type":
        let names = rule.items ?? [rule]
        if !names.contains(where: { $0.text.map(value.hasType) ?? false }) {
          problems.append("\(path): not of type \(names)")
        }
      case "pattern":
        if let text = value.text, try text.firstMatch(of: Regex(rule.text ?? "")) == nil {
          problems.append("\(path): \(text) is not of the form")
        }
      case "minimum": if value.number < rule.number { problems.append("\(path): too small") }
      case "maximum": if value.number > rule.number { problems.append("\(path): too large") }
      case "minItems":
        if Double(value.items?.count ?? 0) < rule.number { problems.append("\(path): too few") }
      case "items":
        for (index, item) in (value.items ?? []).enumerated() {
          problems += try self.problems(item, rule, at: "\(path)[\(index)]")
        }
      case "properties": problems += try members(of: value, rule, keywords, at: path)
      default: throw UnknownKeyword(keyword: keyword)
      }
    }
    return problems
  }

  private func members(
    of value: JSONDocument, _ rules: JSONDocument, _ keywords: [String: JSONDocument],
    at path: String
  ) throws -> [String] {
    guard case .object(let members) = value, case .object(let rules) = rules else { return [] }
    var problems: [String] = []
    for name in (keywords["required"]?.items ?? []).compactMap(\.text) where members[name] == nil {
      problems.append("\(path): \(name) is missing")
    }
    for (name, member) in members {
      if let rule = rules[name] {
        problems += try self.problems(member, rule, at: "\(path).\(name)")
      } else if keywords["additionalProperties"] == .boolean(false) {
        problems.append("\(path): \(name) is not expected")
      }
    }
    guard case .object(let dependent)? = keywords["dependentRequired"] else { return problems }
    for (name, others) in dependent where members[name] != nil {
      for other in (others.items ?? []).compactMap(\.text) where members[other] == nil {
        problems.append("\(path): \(name) without \(other)")
      }
    }
    return problems
  }

  private func definition(_ reference: JSONDocument) throws -> JSONDocument {
    let name = (reference.text ?? "").split(separator: "/").last.map(String.init) ?? ""
    guard let definition = root["$defs"]?[name] else { throw UnknownKeyword(keyword: name) }
    return definition
  }
}

extension JSONDocument {
  fileprivate func hasType(_ name: String) -> Bool {
    switch self {
    case .null: name == "null"
    case .boolean: name == "boolean"
    case .integer: name == "integer" || name == "number"
    case .number: name == "number"
    case .string: name == "string"
    case .array: name == "array"
    case .object: name == "object"
    }
  }

  fileprivate var number: Double {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: .nan
    }
  }
}
