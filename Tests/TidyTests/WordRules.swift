/// Words that have no business where they stand.
enum WordRules {
  // Put together here, so that this file does not break its own rule.
  static let markers: Set = ["FIX" + "ME", "TO" + "DO", "XX" + "X"]

  /// Half-done work is finished, or written down where someone looks for it.
  static func checkMarkers(_ file: SourceFile) -> [Finding] {
    file.lines.enumerated().compactMap { index, line in
      Words.of(line).first(where: markers.contains).map {
        file.finding(line: index + 1, "\($0): finish it, or write it down elsewhere")
      }
    }
  }

  /// A library throws; whether the process ends is for its user to decide.
  static func checkTraps(_ file: SourceFile) -> [Finding] {
    guard let module = file.module, ImportRules.libraries.contains(module) else { return [] }
    return file.code.enumerated().compactMap { index, line in
      let words = ["fatalError(", "try!", "as!"]
      guard let found = words.first(where: { contains($0, in: line) }) else { return nil }
      return file.finding(line: index + 1, "\(found) in a library: throw an error instead")
    }
  }

  /// Unsafe code stays where the system is called, so that the rest need not be read for it.
  static func checkUnsafe(_ file: SourceFile) -> [Finding] {
    let fences: Set = ["Crypto", "System", "Transport", "Segments", "Slots", "Files"]
    guard ["PGWire", "ReplicationCore"].contains(file.module), !fences.contains(file.folder ?? ""),
      file.name != "describeErrno.swift"
    else { return [] }
    return file.code.enumerated().compactMap { index, line in
      let words = Words.of(line)
      guard contains("unsafe ", in: line) || words.contains(where: { $0.hasPrefix("Unsafe") })
      else { return nil }
      return file.finding(
        line: index + 1,
        "unsafe code outside Crypto/, System/, Transport/, Segments/, Slots/ and Files/")
    }
  }

  /// A descriptor that gets the flag afterwards can slip into a child that is forked in between.
  static func checkDescriptors(_ file: SourceFile) -> [Finding] {
    guard file.module != nil else { return [] }
    let libraries = ["CSystem", "Glibc", "Musl", "Darwin"]
    let calls = ["socket", "socketpair", "accept", "pipe", "mkstemp", "dup", "eventfd"]
    let words =
      calls.map { "unsafe \($0)(" } + libraries.flatMap { c in calls.map { "\(c).\($0)(" } }
    return file.code.enumerated().compactMap { index, line in
      if let found = words.first(where: { contains($0, in: line) }) {
        return file.finding(line: index + 1, "\(found): use FileDescriptor's functions")
      }
      guard contains("unsafe open(", in: line), !line.contains("O_CLOEXEC") else { return nil }
      return file.finding(line: index + 1, "open without O_CLOEXEC")
    }
  }

  /// A position or a time that a server says can be any number: adding to it must not trap.
  static func checkArithmetic(_ file: SourceFile) -> [Finding] {
    guard ["ReplicationCore", "ReplicationTestKit", "pgcdc"].contains(file.module),
      !["Debezium", "JSON"].contains(file.folder ?? "")
    else { return [] }
    return file.code.enumerated().compactMap { index, line in
      let before = #/\.(rawValue|microseconds) ([-+*]|<<) |reduce\(0, \+\)/#
      let behind = #/ ([-+*]|<<) \w[\w.]*\.(rawValue|microseconds)\b/#
      guard line.contains(before) || line.contains(behind) else { return nil }
      return file.finding(
        line: index + 1, "arithmetic that traps on what a server says: use SaturatingArithmetic")
    }
  }

  /// Users choose the versions of what they depend on; a file of ours that pins them is in the way.
  static func checkTracked(_ paths: [String]) -> [Finding] {
    paths.filter { $0.split(separator: "/").last == "Package.resolved" }.map {
      Finding(path: $0, line: 1, reason: "a build product in git")
    }
  }

  /// Whether the text is there, and is not the end of a longer word.
  private static func contains(_ text: String, in line: String) -> Bool {
    line.ranges(of: text).contains { range in
      guard let before = line.utf8[..<range.lowerBound].last else { return true }
      return !Words.isPartOfWord(before)
    }
  }
}
