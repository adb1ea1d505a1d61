import Foundation
import PGWire
import Testing

/// A PostgreSQL server that `Scripts/test` has started for these tests.
struct TestServer: Sendable, Hashable, CustomTestStringConvertible {
  /// The major version.
  let version: Int
  /// `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, a superuser.
  let url: String

  var testDescription: String { "PostgreSQL \(version)" }

  /// All that there are, the oldest first: what `PGREPL_TEST_SERVERS` says.
  static let all: [TestServer] = (environment["PGREPL_TEST_SERVERS"] ?? "")
    .split(separator: ",").compactMap { entry in
      let parts = entry.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, let version = Int(parts[0]) else { return nil }
      return TestServer(version: version, url: parts[1])
    }

  /// The newest one, for what takes long and is the same for every server.
  static var newest: [TestServer] { all.suffix(1) }

  /// The newest and the oldest, where servers of our own can be started with their programs.
  static var startable: [TestServer] {
    let startable = all.filter { $0.isStartable }
    return startable.count > 2 ? [startable[0], startable[startable.count - 1]] : startable
  }

  /// Those that keep copies of slots on standbys.
  static var withFailoverSlots: [TestServer] { all.filter { $0.isStartable && $0.version >= 17 } }

  /// The newest and the oldest of those that don't.
  static var withoutFailoverSlots: [TestServer] {
    let startable = all.filter { $0.isStartable && $0.version < 17 }
    return startable.count > 2 ? [startable[0], startable[startable.count - 1]] : startable
  }

  /// Whether the server runs from programs of this machine, so that its files can be edited.
  private var isStartable: Bool { fact("SOURCE") == "binaries" }

  /// What `Scripts/postgres` printed of it: `DIR`, `DATA`, `BIN`, `SOCKET_DIR` or `PID`.
  func fact(_ name: String) -> String? {
    let value = Self.environment["PGREPL_\(version)_\(name)"]
    return value?.isEmpty == false ? value : nil
  }

  /// Whether there has to be a server.
  static var isRequired: Bool {
    !["", "0", "false"].contains(environment["CI"] ?? "")
  }

  /// How to connect to it.
  var options: ConnectionOptions {
    get throws { try ConnectionOptions(url) }
  }

  private static var environment: [String: String] { ProcessInfo.processInfo.environment }
}

/// Says what was tested and what was not.
@Suite struct ServerTests {
  @Test(
    .enabled(
      if: !TestServer.all.isEmpty || TestServer.isRequired,
      "SKIPPED: no test of integration ran, since there is no server; Scripts/test starts some"))
  func `there are servers to test against`() async throws {
    try #require(!TestServer.all.isEmpty, "on CI there has to be a server")
    for server in TestServer.all {
      let connection = try await WireConnection.connect(try server.options)
      let number = try await connection.value("SHOW server_version_num")
      #expect(Int(number).map { $0 / 10_000 } == server.version)
      connection.close()
    }
  }
}
