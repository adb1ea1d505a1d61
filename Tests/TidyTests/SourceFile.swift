import Foundation

/// One Swift file of the checkout, as text and with everything but the code blanked out.
struct SourceFile: Sendable {
  /// The path from the root of the checkout: `Sources/PGWire/LSN.swift`.
  let path: String
  /// The lines as they are written.
  let lines: [String]
  /// The same lines without comments and without what is inside string literals.
  let code: [String]

  init(path: String, text: String) {
    self.path = path
    lines = Self.split(text)
    code = Self.split(CodeMask.apply(to: text))
  }

  private static func split(_ text: String) -> [String] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines
  }

  /// `PGWire` for `Sources/PGWire/Frames/FrameTag.swift`; nil outside `Sources`.
  var module: String? {
    let parts = path.split(separator: "/")
    return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
  }

  /// `Frames` for `Sources/PGWire/Frames/FrameTag.swift`; nil for a file at its module's root.
  var folder: String? {
    let parts = path.split(separator: "/")
    return module != nil && parts.count > 3 ? String(parts[2]) : nil
  }

  /// The last part of the path.
  var name: String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  func finding(line: Int, _ reason: String) -> Finding {
    Finding(path: path, line: line, reason: reason)
  }
}

/// A place that breaks a rule, and why that matters.
struct Finding: Hashable, Sendable, CustomStringConvertible {
  let path: String
  /// Counted from 1.
  let line: Int
  let reason: String

  var description: String { "\(path):\(line): \(reason)" }
}

/// The checkout that this test was built from.
enum Checkout {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Every Swift file that people write and read here, in the order of the paths.
  static func swiftFiles() throws -> [SourceFile] {
    var paths = ["Package.swift"]
    for folder in ["Sources", "Tests", "Benchmarks", "Examples", "Fuzz"] {
      let options: FileManager.DirectoryEnumerationOptions = [.skipsHiddenFiles]
      let found = FileManager.default.enumerator(
        at: root.appendingPathComponent(folder), includingPropertiesForKeys: nil, options: options)
      for case let url as URL in found ?? .init() where url.pathExtension == "swift" {
        paths.append(String(url.path.dropFirst(root.path.count + 1)))
      }
    }
    return try paths.sorted().map { path in
      let text = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
      return SourceFile(path: path, text: text)
    }
  }

  /// What git has of the checkout, or nil for sources without git's folder (an archive).
  static func trackedPaths() throws -> [String]? {
    let git = root.appendingPathComponent(".git").path
    guard FileManager.default.fileExists(atPath: git) else { return nil }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // In a container the checkout often belongs to another user, which git refuses otherwise.
    process.arguments = ["git", "-c", "safe.directory=*", "-C", root.path, "ls-files"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CheckoutError.gitFailed }
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}

enum CheckoutError: Error {
  case gitFailed
}
