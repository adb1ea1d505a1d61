import PGWire
import ReplicationCore

/// A server on which the history of the matrix has happened, and the two ways to connect to it.
struct MatrixServer: Sendable {
  let site: Site
  /// Where the history ends.
  let end: LSN
  /// Whether it takes connections with TLS.
  let hasTLS: Bool
  let clear: ConnectionOptions
  let encrypted: ConnectionOptions

  /// Where the history is decoded from: since the beginning, and nothing is acknowledged there.
  func slot(usesTwoPhase: Bool) -> String { site.name + (usesTwoPhase ? "_two" : "_one") }
  /// A slot that nobody streams from, so that it is always free.
  var idleSlot: String { site.name + "_idle" }

  /// Passes it to a test.
  ///
  /// Where the server's programs are here, a server of their version is started that lets one role in
  /// only with TLS and another only without. A server that was given is used as it is.
  static func with(
    _ server: TestServer, _ body: @escaping @Sendable (MatrixServer) async throws -> Void
  ) async throws {
    guard server.fact("SOURCE") == "binaries" else {
      return try await onSite(server, test: "matrix") { site in
        let hasTLS = try await site.sql.value("SHOW ssl") == "on"
        let memory = ["options": "-c logical_decoding_work_mem=64kB"]
        let clear = try site.options(memory.merging(["sslmode": "disable"]) { $1 })
        let encrypted = try site.options(memory.merging(["sslmode": "require"]) { $1 })
        let matrix = try await prepare(site, hasTLS: hasTLS, clear: clear, encrypted: encrypted)
        try await body(matrix)
      }
    }
    try await Certificates.with { certificates in
      try await OwnServer.with(version: server.version) { own in
        let clear = try options(own, user: "only_clear", "sslmode=disable")
        let roots = certificates.path("roots.crt")
        let encrypted = try options(
          own, user: "only_tls", "sslmode=verify-full sslrootcert=\(roots)")
        let hasTLS = try await admit(own, certificates, clear: clear, encrypted: encrypted)
        try await onSite(own.server, test: "matrix") { site in
          let matrix = try await prepare(site, hasTLS: hasTLS, clear: clear, encrypted: encrypted)
          try await body(matrix)
        }
      }
    }
  }

  private static func options(
    _ own: OwnServer, user: String, _ more: String
  ) throws -> ConnectionOptions {
    try ConnectionOptions(
      """
      host=localhost hostaddr=127.0.0.1 port=\(own.port) user=\(user) password=pw dbname=postgres \
      options='-c logical_decoding_work_mem=64kB' \(more)
      """)
  }

  /// Makes the two roles, and turns TLS on; returns whether the server can do that.
  private static func admit(
    _ own: OwnServer, _ certificates: Certificates, clear: ConnectionOptions,
    encrypted: ConnectionOptions
  ) async throws -> Bool {
    let sql = try await WireConnection.connect(own.localOptions())
    for role in ["only_clear", "only_tls"] {
      try await sql.run("CREATE ROLE \(role) SUPERUSER REPLICATION LOGIN PASSWORD 'pw'")
    }
    let hasTLS = try await sql.value("SHOW ssl_library") != ""
    sql.close()
    var access = ["postgres", "only_clear"].map { "host all \($0) 127.0.0.1/32 scram-sha-256" }
    if hasTLS {
      access[1] = "hostnossl all only_clear 127.0.0.1/32 scram-sha-256"
      access.append("hostssl all only_tls 127.0.0.1/32 scram-sha-256")
    }
    try await own.setAccess(access)
    // The server reads what changed a moment later.
    try await eventually("the server lets the one in") { await isAdmitted(clear) }
    guard hasTLS else { return false }
    try await own.serve(certificates, "p256")
    try await eventually("the server lets the other in") { await isAdmitted(encrypted) }
    return true
  }

  private static func isAdmitted(_ options: ConnectionOptions) async -> Bool {
    guard let connection = try? await WireConnection.connect(options) else { return false }
    connection.close()
    return true
  }

  /// Makes the tables and the slots, and lets the history happen.
  private static func prepare(
    _ site: Site, hasTLS: Bool, clear: ConnectionOptions, encrypted: ConnectionOptions
  ) async throws -> MatrixServer {
    try await MatrixHistory.prepare(site)
    let server = MatrixServer(
      site: site, end: .zero, hasTLS: hasTLS, clear: clear, encrypted: encrypted)
    for slot in [server.slot(usesTwoPhase: false), server.idleSlot] {
      try await site.client { $0.slot = slot }.ensureSlot()
    }
    if site.server.version >= 15 {
      let slot = server.slot(usesTwoPhase: true)
      let client = try site.client { params in
        params.slot = slot
        params.usesTwoPhase = true
      }
      try await client.ensureSlot()
    }
    try await MatrixHistory.run(site)
    return MatrixServer(
      site: site, end: try await site.currentLSN(), hasTLS: hasTLS, clear: clear,
      encrypted: encrypted)
  }
}
