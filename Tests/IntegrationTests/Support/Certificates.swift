import Foundation
import PGWire
import Testing

/// Certificates that were made for this run: `Fixtures/tls/make-certificates` says which.
struct Certificates: Sendable {
  let folder: URL

  func path(_ name: String) -> String { folder.appending(path: name).path }

  /// Passes them to a test.
  ///
  /// They are made once, by the first test that needs them, and deleted when the tests end.
  static func with(_ body: @Sendable (Certificates) async throws -> Void) async throws {
    try await body(try await made.value)
  }

  private static let made = Task { try await make() }
  private static let folder = FileManager.default.temporaryDirectory
    .appending(path: "tls-\(UUID().uuidString)")

  private static func make() async throws -> Certificates {
    atexit { try? FileManager.default.removeItem(at: Certificates.folder) }
    let script = URL(filePath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Fixtures/tls/make-certificates").path
    let process = try ChildProcess(
      script, [folder.path], environment: ProcessInfo.processInfo.environment)
    let outcome = try await process.outcome()
    try #require(outcome.status == 0, "\(outcome.errors)")
    return Certificates(folder: folder)
  }
}

extension OwnServer {
  /// Turns TLS on with one of the certificates, for connections from now on.
  func serve(_ certificates: Certificates, _ name: String) async throws {
    for file in ["\(name).crt", "\(name).key", "roots.crt"] {
      try give(certificates.folder.appending(path: file))
    }
    let sql = try await WireConnection.connect(localOptions())
    let before = try await sql.value("SELECT pg_conf_load_time()")
    for (setting, value) in [
      ("ssl_cert_file", "\(name).crt"), ("ssl_key_file", "\(name).key"),
      ("ssl_ca_file", "roots.crt"), ("ssl", "on"),
    ] { try await sql.run("ALTER SYSTEM SET \(setting) = '\(value)'") }
    try await sql.run("SELECT pg_reload_conf()")
    sql.close()
    // What a connection gets is what the postmaster had read before it.
    while true {
      let next = try await WireConnection.connect(localOptions())
      defer { next.close() }
      if try await next.value("SELECT pg_conf_load_time()") != before { return }
    }
  }

  /// Copies a file into the server's folder, as one that is the server's own.
  private func give(_ file: URL) throws {
    let manager = FileManager.default
    let copy = data.appending(path: file.lastPathComponent)
    try? manager.removeItem(at: copy)
    try manager.copyItem(at: file, to: copy)
    let owner = try manager.attributesOfItem(atPath: data.appending(path: "pg_hba.conf").path)
    try manager.setAttributes(
      [
        .posixPermissions: 0o600, .ownerAccountID: owner[.ownerAccountID] ?? 0,
        .groupOwnerAccountID: owner[.groupOwnerAccountID] ?? 0,
      ], ofItemAtPath: copy.path)
  }
}
