import Foundation

/// The command line, as it was built with these tests.
enum Pgcdc {
  /// The path of the program, `…/debug/pgcdc`.
  static let program: String = {
    // Beside …/debug/NAMEPackageTests.xctest, which on macOS is a folder that holds the tests.
    let bundles = CommandLine.arguments.compactMap { argument in
      argument.range(of: ".xctest").map { String(argument[..<$0.lowerBound]) }
    }
    return URL(filePath: bundles.first ?? "").deletingLastPathComponent()
      .appending(path: "pgcdc").path
  }()

  /// Starts it.
  ///
  /// The password of a throwaway server goes into the environment: every user of the machine can see
  /// the command line.
  ///
  /// - Parameters:
  ///   - environment: Variables beside those of the tests, of which the `PG…` are left out.
  ///   - output: The file that standard output is appended to, if not one of its own.
  static func start(
    _ arguments: [String], environment: [String: String] = [:], output: String? = nil
  ) throws -> ChildProcess {
    var variables = ProcessInfo.processInfo.environment
      .filter { !$0.key.hasPrefix("PG") }.merging(environment) { $1 }
    let words = arguments.map { word in
      guard variables["PGPASSWORD"] == nil,
        let match = word.firstMatch(of: #/^postgres(?:ql)?://[^:@/]+(:([0-9a-f]{32}))@/#)
      else { return word }
      variables["PGPASSWORD"] = String(match.2)
      return word.replacing(match.1, with: "", maxReplacements: 1)
    }
    return try ChildProcess(program, words, environment: variables, output: output)
  }

  /// Runs a command of the shell in which `$0` is the program.
  static func shell(_ command: String) async throws -> ChildProcess.Outcome {
    let environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PG") }
    return try await ChildProcess("/bin/sh", ["-c", command, program], environment: environment)
      .outcome()
  }

  /// Runs it to its end.
  static func run(
    _ arguments: [String], environment: [String: String] = [:]
  ) async throws -> ChildProcess.Outcome {
    try await start(arguments, environment: environment).outcome()
  }
}

extension Site {
  /// The arguments that name the server, the slot and the publication.
  var arguments: [String] {
    ["--url", url, "--slot", name, "--publication", name]
  }

  /// Runs `pgcdc stream` on the slot.
  func stream(_ arguments: String...) async throws -> ChildProcess.Outcome {
    try await Pgcdc.run(["stream"] + self.arguments + arguments)
  }
}
