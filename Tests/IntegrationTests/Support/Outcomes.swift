import Foundation
import PGWire
import Testing

/// What comes of connecting, by libpq (psql) and by us, with the same connection string.
struct Outcomes: Sendable {
  enum Outcome: Hashable, Sendable, CustomStringConvertible {
    case encrypted
    case inClear
    case refused(String)

    var description: String {
      switch self {
      case .encrypted: "TLS"
      case .inClear: "in clear"
      case .refused(let words): "refused: \(words)"
      }
    }

    /// Without the words, which differ.
    var kind: String {
      if case .refused = self { "refused" } else { "\(self)" }
    }
  }

  /// The newest psql that there is: older ones do not know every keyword.
  private let psql: String
  private let version: Int

  init?(_ newest: TestServer?) {
    guard let newest, let folder = newest.fact("BIN") else { return nil }
    psql = "\(folder)/psql"
    version = newest.version
  }

  /// Whether this psql knows what the string asks for; where none newer is there, it may not.
  private func isJudge(of string: String, _ outcome: Outcome) -> Bool {
    if version < 16, string.contains("sslrootcert=system") { return false }
    guard case .refused(let words) = outcome else { return true }
    return !words.contains("invalid connection option")
  }

  private static let question =
    "SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()"

  func libpq(_ string: String) async throws -> Outcome {
    let process = try ChildProcess(
      psql, ["-wXAtc", Self.question, string],
      environment: ["HOME": "/nonexistent", "LC_ALL": "C"], hasTerminal: false)
    let outcome = try await process.outcome()
    guard outcome.status == 0 else { return .refused(outcome.errors) }
    return outcome.output.hasPrefix("t") ? .encrypted : .inClear
  }

  func ours(_ string: String) async throws -> Outcome {
    let connection: WireConnection
    do {
      connection = try await WireConnection.connect(try ConnectionOptions(string))
    } catch {
      return .refused("\(error)")
    }
    defer { connection.close() }
    return try await connection.value(Self.question) == "t" ? .encrypted : .inClear
  }

  /// Tries all of these both ways.
  ///
  /// - Parameter differing: Where we do something else on purpose: what libpq does, and we.
  /// - Returns: What we did.
  @discardableResult
  func compare(
    _ cases: [String: String], differing: [String: (libpq: String, ours: String)] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> [String: Outcome] {
    try await withThrowingTaskGroup(of: (String, Outcome, Outcome).self) { group in
      var results: [String: Outcome] = [:]
      var notJudged: [String] = []
      var waiting = cases.sorted { $0.key < $1.key }[...]
      func startNext() {
        guard let (name, string) = waiting.popFirst() else { return }
        group.addTask { (name, try await libpq(string), try await ours(string)) }
      }
      for _ in 0..<4 { startNext() }
      for try await (name, libpq, ours) in group {
        startNext()
        results[name] = ours
        guard isJudge(of: cases[name] ?? "", libpq) else {
          notJudged.append(name)
          continue
        }
        let expected = differing[name] ?? (libpq.kind, libpq.kind)
        #expect(
          libpq.kind == expected.libpq && ours.kind == expected.ours,
          "\(name)\nlibpq: \(libpq)\nwe: \(ours)", sourceLocation: sourceLocation)
      }
      if !notJudged.isEmpty {
        print(
          "NOT COMPARED, unknown to psql \(version): \(notJudged.sorted().joined(separator: "; "))")
      }
      return results
    }
  }
}
