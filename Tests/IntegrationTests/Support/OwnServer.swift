import Foundation
import PGWire
import Testing

/// A server for one test alone, which may be restarted and whose files may be edited.
struct OwnServer: Sendable {
  /// What `Scripts/postgres` printed, without the prefix.
  private let facts: [String: String]
  let version: Int

  /// `postgresql://…`, a superuser.
  var url: String { facts["URL"] ?? "" }
  /// The superuser's, which a standby has from its primary.
  var password: String { facts["PASSWORD"] ?? "" }
  /// The folder of its Unix socket.
  var socketFolder: String { facts["SOCKET_DIR"] ?? "" }
  /// All of its files, and what names it.
  var folder: String { facts["DIR"] ?? "" }
  /// The folder of its data.
  var data: URL { URL(filePath: facts["DATA"] ?? "") }
  var port: Int { Int(facts["PORT"] ?? "") ?? 0 }

  /// It as one that tests are given.
  var server: TestServer { TestServer(version: version, url: url) }

  private static let path = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Scripts/postgres").path

  /// A few at once: the testing library would start them all together.
  private static let turns = Turns(limit: 2)
  /// Whether the test has a server of its own already, and so need not wait for others.
  @TaskLocal static var hasTurn = false

  /// Runs a test with a server of that version, which is stopped and deleted afterwards.
  ///
  /// - Parameter options: More of `Scripts/postgres start`.
  static func with(
    version: Int, options: [String] = [],
    _ body: @escaping @Sendable (OwnServer) async throws -> Void
  ) async throws {
    let start = ["start", String(version)] + options
    guard !hasTurn else { return try await with(version, start, body) }
    try await turns.take(UUID().uuidString) {
      try await $hasTurn.withValue(true) { try await with(version, start, body) }
    }
  }

  /// Runs a test with a hot standby of this server, which may outlive it.
  func withStandby(
    _ body: @escaping @Sendable (OwnServer) async throws -> Void
  ) async throws {
    try await Self.with(version, ["start", "--standby-of", facts["DIR"] ?? ""], body)
  }

  private static func with(
    _ version: Int, _ start: [String], _ body: @escaping @Sendable (OwnServer) async throws -> Void
  ) async throws {
    let server = OwnServer(facts: try await run(start), version: version)
    let result: Result<Void, any Error>
    do {
      result = .success(try await within(.seconds(600), "the test") { try await body(server) })
    } catch {
      result = .failure(error)
    }
    _ = try await Self.run(["stop", server.facts["DIR"] ?? "", "--mode", "immediate"])
    try result.get()
  }

  /// Stops it as the mode says (`fast`, `immediate`) and starts it again, at the same port.
  func restart(mode: String) async throws {
    _ = try await Self.run(["restart", facts["DIR"] ?? "", "--mode", mode])
  }

  /// Stops it (fast), does something to its files, and starts it again at the same port.
  func stopped(_ body: () throws -> Void) async throws {
    let file = data.appending(path: "postmaster.pid")
    let text = try String(contentsOf: file, encoding: .utf8)
    let pid = try #require(text.split(separator: "\n").first.flatMap { pid_t($0) })
    try #require(Foundation.kill(pid, SIGINT) == 0)
    try await eventually("the server has stopped") {
      !FileManager.default.fileExists(atPath: file.path)
    }
    try body()
    try await restart(mode: "fast")
  }

  /// Ends it as a power cut would, for good.
  func kill() async throws {
    _ = try await Self.run(["stop", facts["DIR"] ?? "", "--mode", "immediate"])
  }

  /// Makes a standby a primary, and returns when it is one.
  func promote() async throws {
    _ = try await Self.run(["promote", facts["DIR"] ?? ""])
  }

  /// Replaces who may connect how, and lets the server read it.
  func setAccess(_ lines: [String]) async throws {
    let file = data.appending(path: "pg_hba.conf")
    let local = ["local all all trust", "local replication all trust"]
    // In place, so that the file still belongs to the server's user.
    let handle = try FileHandle(forWritingTo: file)
    try handle.truncate(atOffset: 0)
    try handle.write(contentsOf: Data(((local + lines).joined(separator: "\n") + "\n").utf8))
    try handle.close()
    let sql = try await WireConnection.connect(localOptions())
    try await sql.run("SELECT pg_reload_conf()")
    sql.close()
  }

  /// Over the Unix socket, where everybody is let in.
  func localOptions() throws -> ConnectionOptions {
    try ConnectionOptions(
      host: socketFolder, port: UInt16(port), user: "postgres", database: "postgres")
  }

  /// Runs `Scripts/postgres`.
  static func script(_ arguments: [String]) async throws -> ChildProcess.Outcome {
    let process = try ChildProcess(
      path, arguments, environment: ProcessInfo.processInfo.environment)
    return try await process.outcome(within: .seconds(300))
  }

  private static func run(_ arguments: [String]) async throws -> [String: String] {
    let outcome = try await script(arguments)
    try #require(outcome.status == 0, "Scripts/postgres \(arguments): \(outcome.errors)")
    var facts: [String: String] = [:]
    for line in outcome.lines {
      let parts = line.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, parts[0].hasPrefix("PGREPL_") else { continue }
      facts[String(parts[0].dropFirst("PGREPL_".count))] = String(
        parts[1].replacing("\\", with: ""))
    }
    return facts
  }
}
