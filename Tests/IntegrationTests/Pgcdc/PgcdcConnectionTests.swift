import Foundation
import PGWire
import Testing

/// How the command line is told where to connect: strings, environment and files.
@Suite struct PgcdcConnectionTests {
  private func inFolder(_ body: (URL) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "it-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder)
  }

  private func write(_ text: String, to file: URL, mode: Int) throws {
    try Data(text.utf8).write(to: file)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
  }

  private func passwordText(_ options: ConnectionOptions) -> String {
    options.password.map { $0.withBytes { $0.lossyString() } } ?? ""
  }

  @Test(arguments: TestServer.newest)
  func `by the environment, with a password file`(server: TestServer) async throws {
    try await onSite(server) { site in
      guard site.options.password != nil else { return }
      try await inFolder { folder in
        let file = folder.appending(path: ".pgpass")
        let line = "\(site.options.host):\(site.options.port):*:\(site.options.user):"
        let environment = [
          "PGHOST": site.options.host, "PGPORT": "\(site.options.port)",
          "PGUSER": site.options.user, "PGDATABASE": site.options.database, "HOME": folder.path,
        ]
        try write(line + passwordText(site.options), to: file, mode: 0o600)
        let found = try await Pgcdc.run(["slot", "list"], environment: environment)
        #expect(found.status == 0, "\(found.errors)")

        try write(line + passwordText(site.options), to: file, mode: 0o644)
        let ignored = try await Pgcdc.run(["slot", "list"], environment: environment)
        #expect(ignored.status == 1)
        #expect(ignored.errors.contains("\(file.path) was ignored"), "\(ignored.errors)")
        let named = try await Pgcdc.run(
          ["slot", "list"],
          environment: environment.merging(["PGPASSFILE": folder.path + "/none"]) { $1 })
        #expect(named.status == 1)
        #expect(named.errors.contains("password"), "\(named.errors)")
        #expect(!(ignored.errors + named.errors).contains(passwordText(site.options) + "\n"))
      }
    }
  }

  @Test(arguments: TestServer.newest)
  func `by a service`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await inFolder { folder in
        let file = folder.appending(path: "services")
        try write(
          """
          [wrong]
          host=nowhere.invalid
          [right]
          host=127.0.0.1,\(site.options.host)
          port=1,\(site.options.port)
          user=\(site.options.user)
          password=\(passwordText(site.options))
          dbname=\(site.options.database)
          """, to: file, mode: 0o600)
        let runs: [([String], [String: String])] = [
          (["--url", "service=right servicefile=\(file.path)"], [:]),
          (["--url", "postgresql://?service=right"], ["PGSERVICEFILE": file.path]),
          ([], ["PGSERVICEFILE": file.path, "PGSERVICE": "right"]),
        ]
        for (arguments, environment) in runs {
          let outcome = try await Pgcdc.run(["slot", "list"] + arguments, environment: environment)
          #expect(outcome.status == 0, "\(arguments) \(environment): \(outcome.errors)")
        }
        let missing = try await Pgcdc.run(
          ["slot", "list", "--url", "service=none servicefile=\(file.path)"])
        #expect(missing.status == 64)
        #expect(missing.errors.contains("service \"none\""))
      }
    }
  }
}
