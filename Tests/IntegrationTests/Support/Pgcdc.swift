import Foundation

/// The command line, as it was built with these tests.
enum Pgcdc {
  /// The path of the program, `…/debug/pgcdc`.
  private static let program: String = {
    // Beside …/debug/NAMEPackageTests.xctest, which on macOS is a folder that holds the tests.
    let bundles = CommandLine.arguments.compactMap { argument in
      argument.range(of: ".xctest").map { String(argument[..<$0.lowerBound]) }
    }
    return URL(filePath: bundles.first ?? "").deletingLastPathComponent()
      .appending(path: "pgcdc").path
  }()

  /// Starts it.
  ///
  /// - Parameters:
  ///   - environment: Variables beside those of the tests, of which the `PG…` are left out.
  ///   - output: The file that standard output goes to, if not to one of its own.
  static func start(
    _ arguments: [String], environment: [String: String] = [:], output: String? = nil
  ) throws -> ChildProcess {
    try ChildProcess(
      program, arguments,
      environment: ProcessInfo.processInfo.environment
        .filter { !$0.key.hasPrefix("PG") }.merging(environment) { $1 },
      output: output)
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
