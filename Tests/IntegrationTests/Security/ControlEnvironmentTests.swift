import Foundation
import PGWire
import ReplicationCore
import TestSupport
import Testing

/// The control connection goes over libpq, which fills what it is not told from the environment; the
/// library promises that nothing comes from there.
@Suite struct ControlEnvironmentTests {
  @Test func `no variable of the environment changes the control connection`() async {
    await #expect(processExitsWith: .success) {
      for (name, value) in harmfulEnvironment { unsafe setenv(name, value, 1) }
      for server in TestServer.all {
        let options = try server.options
        _ = try await Client.slots(options)
        try await ControlEnvironmentTests.expectPinned(options)
      }
    }
  }

  @Test func `a password comes from the options alone`() async {
    await #expect(processExitsWith: .success) {
      for server in TestServer.all {
        guard var parts = URLComponents(string: server.url), let password = parts.password else {
          exit(2)
        }
        unsafe setenv("PGPASSWORD", password, 1)
        parts.password = nil
        let options = try ConnectionOptions(parts.string ?? "")
        let error = await ControlEnvironmentTests.failure(options)
        guard case .control(.authentication(.passwordRequired)) = error else { exit(1) }
      }
    }
  }

  @Test func `what libpq reads in any case is an error that names it`() async {
    await #expect(processExitsWith: .success) {
      for (name, value) in [("PGSERVICE", "missing"), ("PGTZ", "No/where")] {
        unsafe setenv(name, value, 1)
        defer { unsafe unsetenv(name) }
        for server in TestServer.all {
          let error = await ControlEnvironmentTests.failure(try server.options)
          guard case .control(.environment(let names, _)) = error, names == [name] else { exit(1) }
        }
      }
    }
  }

  private static func failure(_ options: ConnectionOptions) async -> ReplicationError? {
    do throws(ReplicationError) {
      _ = try await Client.slots(options)
      return nil
    } catch {
      return error
    }
  }

  /// The settings of the control connection, as another session sees them.
  private static func expectPinned(_ options: ConnectionOptions) async throws {
    let client = try Client(
      ReplicationParams(connection: options, slot: "environment", publications: ["none"]))
    _ = try await client.slot()
    let sql = try await WireConnection.connect(options)
    let names = try await sql.rows("SELECT application_name FROM pg_stat_activity")
    sql.close()
    client.close()
    if names.contains(where: { $0.first == "intruder" }) { exit(1) }
  }
}
