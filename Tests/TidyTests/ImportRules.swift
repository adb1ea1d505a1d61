/// Who may import what: the order of the modules is the architecture.
enum ImportRules {
  /// A module imports only those that stand before it.
  static let order = [
    "CDCTime", "PGWire", "PGOutput", "ReplicationCore", "ReplicationTestKit", "pgcdc",
  ]

  /// The modules that users link, which is all but the command line.
  static let libraries = Set(order.dropLast())

  private static let cLibraries: Set = ["Glibc", "Musl", "Android", "Bionic", "Darwin", "ucrt"]

  static func check(_ file: SourceFile) -> [Finding] {
    guard let module = file.module else { return [] }
    guard let rank = order.firstIndex(of: module) else {
      return [file.finding(line: 1, "the module \(module) has no place in the order of modules")]
    }
    return imports(of: file).compactMap { line, imported in
      let reason =
        wrongOrder(imported, rank: rank)
        ?? foundation(imported, in: module)
        ?? systemCall(imported, in: file)
        ?? systemLibrary(imported, in: file)
      return reason.map { file.finding(line: line, $0) }
    }
  }

  private static func wrongOrder(_ imported: String, rank: Int) -> String? {
    guard let other = order.firstIndex(of: imported), other >= rank else { return nil }
    return "\(order[rank]) comes before \(imported) and must not import it"
  }

  private static func foundation(_ imported: String, in module: String) -> String? {
    guard imported.hasPrefix("Foundation"), libraries.contains(module) else { return nil }
    return "\(imported) in a library: none of ours needs it, so no user should have to link it"
  }

  private static func systemCall(_ imported: String, in file: SourceFile) -> String? {
    if cLibraries.contains(imported) {
      return "\(imported) here: CSystem is the platform's C library, whatever the platform"
    }
    guard imported == "CSystem" else { return nil }
    switch file.module {
    case "CDCTime" where !file.name.contains("Clock"):
      return "only the clock of CDCTime asks the system for anything"
    case "PGWire" where !["System", "Transport"].contains(file.folder):
      // The one text of the system that errors need.
      return file.name == "describeErrno.swift"
        ? nil : "the protocol does no I/O; only System/ and Transport/ touch the system"
    case "PGOutput":
      return "decoding takes bytes and returns values, without the system"
    case "ReplicationCore" where !["Files", "Segments"].contains(file.folder):
      return "calls of the system stay in Files/ and Segments/"
    default:
      return nil
    }
  }

  private static func systemLibrary(_ imported: String, in file: SourceFile) -> String? {
    let place = "\(file.module ?? "")/\(file.folder ?? "")"
    if imported == "COpenSSL", place != "PGWire/Crypto", place != "PGWire/Transport" {
      return "OpenSSL stays behind the fence of Crypto/ and Transport/"
    }
    if imported == "CLibPQ", place != "ReplicationCore/Slots" {
      return "libpq is for the control connection alone, in Slots/"
    }
    return nil
  }

  /// The modules that a file imports, with their lines.
  private static func imports(of file: SourceFile) -> [(line: Int, module: String)] {
    file.code.enumerated().compactMap { index, line in
      let words = Words.of(line)
      guard let keyword = words.firstIndex(of: "import") else { return nil }
      // Before it stand an access level and attributes such as `@testable` only.
      let kinds: Set = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
      guard let module = words[(keyword + 1)...].first(where: { !kinds.contains($0) }) else {
        return nil
      }
      return (index + 1, module)
    }
  }
}

/// The identifiers and keywords of a line of code.
enum Words {
  static func of(_ line: String) -> [String] {
    line.utf8.split { !isPartOfWord($0) }.map { String(Substring($0)) }
  }

  static func isPartOfWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...: true
    default: false
    }
  }
}
