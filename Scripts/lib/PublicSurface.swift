// The public symbols of one module as lines of text, from the symbol graphs that
// swift-symbolgraph-extract has written; Scripts/public-surface compiles and runs it.
// usage: PublicSurface MODULE FOLDER [TYPE ~PROTOCOL]...
//
// A symbol's declaration does not say what a type suppresses (Row ~Escapable), so this comes as arguments.

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

struct Graph: Decodable {
  var symbols: [Symbol]
  var relationships: [Relationship]
}

struct Symbol: Decodable {
  struct Kind: Decodable { var identifier: String }
  struct Identifier: Decodable { var precise: String }
  struct Fragment: Decodable { var kind, spelling: String }
  struct Extension: Decodable {
    var extendedModule: String?
    var constraints: [Constraint]?
  }
  struct Availability: Decodable {
    struct Version: Decodable {}
    var domain: String?
    var isUnconditionallyDeprecated, isUnconditionallyUnavailable: Bool?
    var deprecated: Version?
  }

  var kind: Kind
  var identifier: Identifier
  var pathComponents: [String]
  var declarationFragments: [Fragment]
  var swiftExtension: Extension?
  var availability: [Availability]?

  var isExtension: Bool { kind.identifier == "swift.extension" }
  var path: String { pathComponents.joined(separator: ".") }
  var markers: String {
    (availability ?? []).map { availability in
      let domain = availability.domain ?? "*"
      if availability.isUnconditionallyUnavailable == true {
        return "@available(\(domain), unavailable) "
      } else if availability.isUnconditionallyDeprecated == true || availability.deprecated != nil {
        return "@available(\(domain), deprecated) "
      }
      return ""
    }.joined()
  }
  var constraints: [Constraint] { swiftExtension?.constraints ?? [] }
}

struct Constraint: Decodable {
  var kind, lhs, rhs: String
  var text: String { "\(lhs) \(kind == "sameType" ? "==" : ":") \(rhs)" }
}

struct Relationship: Decodable {
  var kind, source, target: String
  var targetFallback: String?
  var swiftConstraints: [Constraint]?
}

/// A line, and what it is sorted by: a type, its extensions, its members.
struct Line: Hashable, Comparable {
  var path: [String]
  var isExtension = false
  var text: String

  static func < (left: Line, right: Line) -> Bool {
    if left.path != right.path { return left.path.lexicographicallyPrecedes(right.path) }
    if left.isExtension != right.isExtension { return right.isExtension }
    return left.text < right.text
  }
}

func whereClause(_ constraints: [Constraint]) -> String {
  let texts = Set(constraints.filter { !Surface.omitted.contains($0.rhs) }.map(\.text)).sorted()
  return texts.isEmpty ? "" : "where " + texts.joined(separator: ", ")
}

struct Surface {
  // The compiler lists these for some types and not for others.
  static let omitted: Set = ["BitwiseCopyable", "Copyable", "Escapable", "SendableMetatype"]

  // Who conforms to the one conforms to the other, which need not be said.
  static let implied = ["Comparable": "Equatable", "Error": "Sendable", "Hashable": "Equatable"]

  var symbols: [Symbol] = []
  var names: [String: String] = [:]
  var requirements: Set<String> = []
  var conformances: [String: [Relationship]] = [:]
  var suppressed: [String: Set<String>] = [:]

  mutating func add(_ graph: Graph) {
    symbols += graph.symbols
    for symbol in graph.symbols where !symbol.isExtension {
      names[symbol.identifier.precise] = symbol.path
    }
    for relationship in graph.relationships {
      switch relationship.kind {
      case "requirementOf", "optionalRequirementOf": requirements.insert(relationship.source)
      case "conformsTo", "inheritsFrom":
        conformances[relationship.source, default: []].append(relationship)
      default: break
      }
    }
  }

  func name(of relationship: Relationship) -> String {
    if let name = names[relationship.target] { return name }
    // Swift.Sendable: the module is left out.
    guard let name = relationship.targetFallback else { return relationship.target }
    return name.split(separator: ".").dropFirst().joined(separator: ".")
  }

  /// What a type conforms to, by the conditions under which it does.
  func conformances(of symbol: Symbol) -> [String: Set<String>] {
    var names = ["": suppressed[symbol.path] ?? []]
    for relationship in conformances[symbol.identifier.precise] ?? [] {
      // Int is a BinaryInteger without us.
      if symbol.isExtension, let module = symbol.swiftExtension?.extendedModule,
        relationship.targetFallback?.hasPrefix(module + ".") == true
      {
        continue
      }
      let conditions =
        (relationship.swiftConstraints ?? []) + (symbol.isExtension ? symbol.constraints : [])
      names[whereClause(conditions), default: []].insert(name(of: relationship))
    }
    return names.mapValues { names in
      names.subtracting(Self.omitted).subtracting(names.compactMap { Self.implied[$0] })
    }
  }

  /// The declaration with the path of its parent before its name, and without what callers don't write:
  /// the inner names of parameters.
  func declaration(of symbol: Symbol) -> (text: String, condition: String) {
    let parent = symbol.pathComponents.dropLast().map { $0 + "." }.joined()
    let fragments = symbol.declarationFragments
    var text = ""
    var isNamed = false
    for (index, fragment) in fragments.enumerated() {
      switch (fragment.kind, fragment.spelling) {
      case ("identifier", let name) where !isNamed,
        ("keyword", let name) where !isNamed && ["init", "subscript"].contains(name):
        isNamed = true
        text += parent + name
      case ("internalParam", _):
        if index >= 2, fragments[index - 2].kind == "externalParam" {
          text.removeLast()
        } else {
          text += "_"
        }
      case ("keyword", "where"):
        if text.hasSuffix(" ") { text.removeLast() }
        return (text, fragments[index...].map(\.spelling).joined())
      case (_, let spelling):
        text += spelling
      }
    }
    return (text, "")
  }

  func lines(of symbol: Symbol) -> [Line] {
    var conformances = conformances(of: symbol).mapValues { $0.sorted().joined(separator: ", ") }
    var lines: [Line] = []
    // Apart from its protocols, an extension says no more than its members do.
    if !symbol.isExtension {
      var (text, condition) = declaration(of: symbol)
      let protocols = conformances.removeValue(forKey: "") ?? ""
      // The declaration of a protocol has them.
      if symbol.kind.identifier != "swift.protocol" && !protocols.isEmpty {
        text += ": " + protocols
      }
      if condition.isEmpty { condition = whereClause(symbol.constraints) }
      if !condition.isEmpty { text += " " + condition }
      if requirements.contains(symbol.identifier.precise) { text += "  // requirement" }
      lines.append(Line(path: symbol.pathComponents, text: symbol.markers + text))
    }
    for (condition, names) in conformances where !names.isEmpty {
      let text = "extension \(symbol.path): \(names)" + (condition.isEmpty ? "" : " " + condition)
      lines.append(Line(path: symbol.pathComponents, isExtension: true, text: text))
    }
    return lines
  }

  var text: String {
    Set(symbols.flatMap { lines(of: $0) }).sorted().map { $0.text + "\n" }.joined()
  }
}

let arguments = CommandLine.arguments.dropFirst()
guard let module = arguments.first, let folder = arguments.dropFirst().first else {
  preconditionFailure("usage: PublicSurface MODULE FOLDER [TYPE ~PROTOCOL]...")
}
var surface = Surface()
let options = Array(arguments.dropFirst(2))
for index in stride(from: 0, to: options.count - 1, by: 2) {
  surface.suppressed[options[index], default: []].insert(options[index + 1])
}
// MODULE.symbols.json, and MODULE@OTHER.symbols.json for what it adds to another module.
for file in try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
where file.hasSuffix(".symbols.json")
  && (file.hasPrefix(module + ".") || file.hasPrefix(module + "@"))
{
  let data = try Data(contentsOf: URL(filePath: folder + "/" + file))
  surface.add(try JSONDecoder().decode(Graph.self, from: data))
}
print(surface.text, terminator: "")
