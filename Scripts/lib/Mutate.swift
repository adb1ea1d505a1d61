// The mutations of Tests/Mutations: lists them, or writes the sources that have all of them, each behind a
// condition. Scripts/mutate compiles and runs it; Tests/Mutations/README.md describes the files.
// usage: Mutate ROOT list             number, name, file and tests of each, with tabs between
//        Mutate ROOT rewrite FOLDER   only the files that change, and Sources/CDCTime/Mutant.swift

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

struct Failure: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

enum Kind: String {
  case expression, statements, raw
}

struct Mutation {
  var name: String
  /// Where the entry begins, "time.mutations:12".
  var place: String
  var number = 0
  var file = ""
  var kind = Kind.expression
  var tests = ""
  var original = ""
  var mutant = ""

  var condition: String { "isMutant(\(number))" }

  func check() throws {
    if file.isEmpty { throw Failure("\(place): \(name) has no line file:") }
    if tests.isEmpty { throw Failure("\(place): \(name) has no line tests:") }
    if original.isEmpty { throw Failure("\(place): \(name) has no original text") }
    if original == mutant { throw Failure("\(place): \(name) changes nothing") }
    switch kind {
    case .expression:
      if mutant.isEmpty { throw Failure("\(place): \(name): an expression can't be empty") }
      if (original + mutant).contains("//") {
        throw Failure("\(place): \(name): a comment would hide the rest of its line")
      }
    case .statements: break
    case .raw:
      if !mutant.contains("$MUTANT") { throw Failure("\(place): \(name) has no $MUTANT") }
    }
  }
}

func trimmed(_ text: some StringProtocol) -> String {
  guard let first = text.firstIndex(where: { !$0.isWhitespace }),
    let last = text.lastIndex(where: { !$0.isWhitespace })
  else { return "" }
  return String(text[first...last])
}

// ---------------------------------------------------------------- the files of mutations

struct MutationReader {
  enum Part { case start, header, original, mutant }

  var part = Part.start
  var mutations: [Mutation] = []
  var lines: [Substring] = []

  mutating func read(_ text: String, of file: String) throws {
    part = .start
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      try read(line, at: "\(file):\(index + 1)")
    }
    try finish(at: file)
  }

  mutating func read(_ line: Substring, at place: String) throws {
    if line.hasPrefix("=== ") {
      try finish(at: place)
      mutations.append(Mutation(name: trimmed(line.dropFirst(4)), place: place))
      part = .header
      return
    }
    switch part {
    case .start:
      if !line.isEmpty && !line.hasPrefix("#") {
        throw Failure("\(place): an entry begins with === and its name")
      }
    case .header: try readHeader(line, at: place)
    case .original:
      if line == "+++ mutant" {
        mutations[mutations.count - 1].original = trimmed(lines.joined(separator: "\n"))
        lines = []
        part = .mutant
      } else {
        lines.append(line)
      }
    case .mutant: lines.append(line)
    }
  }

  mutating func readHeader(_ line: Substring, at place: String) throws {
    if line == "--- original" {
      part = .original
      return
    }
    if line.isEmpty || line.hasPrefix("#") { return }
    guard let colon = line.firstIndex(of: ":") else {
      throw Failure("\(place): expected file:, kind:, tests: or --- original")
    }
    let value = trimmed(line[line.index(after: colon)...])
    let last = mutations.count - 1
    switch line[..<colon] {
    case "file": mutations[last].file = value
    case "tests": mutations[last].tests = value
    case "kind":
      guard let kind = Kind(rawValue: value) else {
        throw Failure("\(place): a kind is expression, statements or raw, not \(value)")
      }
      mutations[last].kind = kind
    case let other: throw Failure("\(place): \(other): is not known")
    }
  }

  mutating func finish(at place: String) throws {
    switch part {
    case .start: break
    case .header, .original: throw Failure("\(place): the entry before it has no +++ mutant")
    case .mutant:
      mutations[mutations.count - 1].mutant = trimmed(lines.joined(separator: "\n"))
      lines = []
    }
  }
}

func readMutations(of root: String) throws -> [Mutation] {
  let folder = root + "/Tests/Mutations"
  var reader = MutationReader()
  for file in try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  where file.hasSuffix(".mutations") {
    try reader.read(String(decoding: bytes(of: folder + "/" + file), as: UTF8.self), of: file)
  }
  var names: Set<String> = []
  for index in reader.mutations.indices {
    reader.mutations[index].number = index + 1
    let mutation = reader.mutations[index]
    try mutation.check()
    if !names.insert(mutation.name).inserted {
      throw Failure("\(mutation.place): there are two of the name \(mutation.name)")
    }
  }
  return reader.mutations
}

func bytes(of path: String) throws -> [UInt8] {
  guard let data = try? Data(contentsOf: URL(filePath: path)) else {
    throw Failure("\(path) can't be read")
  }
  return [UInt8](data)
}

// ---------------------------------------------------------------- rewriting

/// Bytes of a file, and what may stand in their place.
struct Edit {
  var range: Range<Int>
  var mutations: [Mutation]

  var text: String {
    let original = mutations[0].original
    switch mutations[0].kind {
    case .expression:
      let choices = mutations.map { "\($0.condition) ? (\($0.mutant)) : " }.joined()
      return "(\(choices)(\(original)))"
    case .statements:
      let choices = mutations.map { "if \($0.condition) {\n\($0.mutant)\n} else " }.joined()
      return "\(choices){\n\(original)\n}"
    case .raw:
      return mutations[0].mutant.replacing("$MUTANT", with: mutations[0].condition)
    }
  }
}

struct Source {
  var path: String
  var bytes: [UInt8]
  var edits: [Edit] = []

  mutating func add(_ mutation: Mutation) throws {
    let found = positions(of: Array(mutation.original.utf8))
    guard found.count == 1 else {
      throw Failure(
        "\(mutation.place): \(mutation.name): the original is \(found.count) times in \(path), not once"
      )
    }
    let range = found[0]..<found[0] + mutation.original.utf8.count
    for index in edits.indices where edits[index].range.overlaps(range) {
      let other = edits[index].mutations[0]
      guard edits[index].range == range, other.kind == mutation.kind, other.kind != .raw else {
        throw Failure(
          "\(mutation.place): \(mutation.name) overlaps with \(other.name), and is not the same text and kind"
        )
      }
      edits[index].mutations.append(mutation)
      return
    }
    edits.append(Edit(range: range, mutations: [mutation]))
  }

  func positions(of text: [UInt8]) -> [Int] {
    guard let first = text.first, text.count <= bytes.count else { return [] }
    return (0...bytes.count - text.count).filter { position in
      bytes[position] == first && bytes[position..<position + text.count].elementsEqual(text)
    }
  }

  var text: String {
    var result: [UInt8] = []
    var end = 0
    for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      result += bytes[end..<edit.range.lowerBound]
      result += Array(edit.text.utf8)
      end = edit.range.upperBound
    }
    result += bytes[end...]
    let text = String(decoding: result, as: UTF8.self)
    return seesMutant ? text : "internal import CDCTime\n" + text
  }

  /// The module of `isMutant` is this file's own, or the file imports it.
  var seesMutant: Bool {
    path.hasPrefix("Sources/CDCTime/")
      || String(decoding: bytes, as: UTF8.self).split(separator: "\n").contains { line in
        line == "import CDCTime" || line.hasSuffix(" import CDCTime")
      }
  }
}

enum MutantFile {
  static let text = """
    internal import CReplicationSystem

    /// The number of the mutation that is active in this process; 0 for none.
    private let activeMutant: Int = {
      guard let text = unsafe getenv("PGREPL_MUTANT") else { return 0 }
      return unsafe Int(String(cString: text)) ?? 0
    }()

    public func isMutant(_ number: Int) -> Bool { activeMutant == number }

    """
}

func write(_ text: String, to path: String) throws {
  let folder = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
  try FileManager.default.createDirectory(
    atPath: String(folder), withIntermediateDirectories: true)
  try Data(text.utf8).write(to: URL(filePath: path))
}

func rewrite(_ mutations: [Mutation], of root: String, to folder: String) throws {
  var sources: [String: Source] = [:]
  for mutation in mutations {
    let path = mutation.file
    var source =
      try sources[path] ?? Source(path: path, bytes: bytes(of: root + "/" + path))
    try source.add(mutation)
    sources[path] = source
  }
  for source in sources.values {
    try write(source.text, to: folder + "/" + source.path)
  }
  try write(MutantFile.text, to: folder + "/Sources/CDCTime/Mutant.swift")
}

// ---------------------------------------------------------------- main

func run(_ arguments: [String]) throws {
  guard arguments.count >= 2 else { throw Failure("usage: Mutate ROOT list | rewrite FOLDER") }
  let mutations = try readMutations(of: arguments[0])
  switch (arguments[1], arguments.count) {
  case ("list", 2):
    for mutation in mutations {
      print("\(mutation.number)\t\(mutation.name)\t\(mutation.file)\t\(mutation.tests)")
    }
  case ("rewrite", 3): try rewrite(mutations, of: arguments[0], to: arguments[2])
  default: throw Failure("usage: Mutate ROOT list | rewrite FOLDER")
  }
}

do {
  try run(Array(CommandLine.arguments.dropFirst()))
} catch {
  print("\(error)")
  exit(1)
}
