import PGWire
import ReplicationCore
import Testing

/// Nothing that an administrator sets changes what the values look like.
@Suite struct SettingsTests {
  private static let odd = [
    "TimeZone": "Asia/Kolkata", "DateStyle": "SQL, DMY", "IntervalStyle": "iso_8601",
    "bytea_output": "escape", "extra_float_digits": "-10", "client_encoding": "LATIN1",
  ]

  private static let row = """
    1, '2024-01-02 03:04:05.5+00', '2024-03-04', '1 year 2 mons 3 days 04:05:06', '\\x00ff5c', \
    0.1::float8 + 0.2::float8, '☃', '[2024-01-02 03:04:05+00,)'
    """

  private static let expected: [String: String?] = [
    "id": "1", "tz": "2024-01-02 03:04:05.5+00", "d": "2024-03-04",
    "iv": "1 year 2 mons 3 days 04:05:06", "b": "\\x00ff5c", "f": "0.30000000000000004", "t": "☃",
    "r": "[\"2024-01-02 03:04:05+00\",)",
  ]

  private func prepare(_ site: Site) async throws {
    try await site.sql.run(
      """
      CREATE TABLE t (id int PRIMARY KEY, tz timestamptz, d date, iv interval, b bytea, f float8, \
      t text, r tstzrange)
      """)
    try await site.publish("TABLE t")
  }

  @Test(arguments: TestServer.all)
  func `settings of the role and the database do not matter`(server: TestServer) async throws {
    try await onSite(server) { site in
      let role = "\(site.name)role"
      let own = try await site.inNewDatabase()
      try await prepare(own)
      try await own.sql.run("CREATE ROLE \(role) LOGIN REPLICATION PASSWORD 'secret'")
      for (name, value) in Self.odd {
        try await own.sql.run(
          """
          ALTER ROLE \(role) SET \(name) = '\(value)';
          ALTER DATABASE \(own.options.database) SET \(name) = '\(value)'
          """)
      }
      let options = try ConnectionOptions(
        host: site.options.host, port: site.options.port, user: role,
        password: Password("secret"), database: own.options.database,
        serverOptions: "-c TimeZone=Asia/Tokyo -c extra_float_digits=0")
      let client = try own.client { $0.connection = options }
      try await client.ensureSlot()
      let duplex = try await client.startReplication()
      try await own.sql.run("INSERT INTO t VALUES (\(Self.row))")
      var receiver = Receiver(duplex)
      #expect(try await receiver.next()?.changes.first?.new == Self.expected)
      await duplex.close()
      own.sql.close()
      // A role that owns nothing can be dropped before its settings are.
      try await site.sql.run("DROP ROLE \(role)")
    }
  }

  @Test(arguments: TestServer.all)
  func `a database with a useless wal_sender_timeout is streamed from`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      let own = try await site.inNewDatabase()
      try await prepare(own)
      try await own.sql.run(
        "ALTER DATABASE \(own.options.database) SET wal_sender_timeout = '1ms'")
      let client = try own.client()
      try await client.ensureSlot()
      let duplex = try await client.startReplication()
      // Longer than that: the server looks when it has nothing to send.
      try await Task.sleep(for: .milliseconds(200))
      try await own.sql.run("INSERT INTO t VALUES (\(Self.row))")
      var receiver = Receiver(duplex)
      #expect(try await receiver.next()?.changes.first?.new == Self.expected)
      await duplex.close()
      own.sql.close()
    }
  }

  @Test(arguments: TestServer.all)
  func `settings of the server do not matter, even if they change in mid-stream`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await prepare(site)
      let client = try site.client()
      try await client.ensureSlot()
      let duplex = try await client.startReplication()
      var receiver = Receiver(duplex)
      let settings = Self.odd.filter { $0.key != "client_encoding" }
      do {
        for (name, value) in settings {
          try await site.sql.run("ALTER SYSTEM SET \(name) = '\(value)'")
        }
        try await site.sql.run("SELECT pg_reload_conf()")
        let fresh = try await WireConnection.connect(site.options)
        try await eventually("the server's setting is odd") {
          let other = try await WireConnection.connect(site.options)
          defer { other.close() }
          return try await other.value("SHOW TimeZone") == "Asia/Kolkata"
        }
        fresh.close()
        try await site.sql.run("INSERT INTO t VALUES (\(Self.row))")
        #expect(try await receiver.next()?.changes.first?.new == Self.expected)
        await duplex.close()

        // One that begins now.
        let second = try await client.startReplication()
        var again = Receiver(second)
        #expect(try await again.next()?.changes.first?.new == Self.expected)
        await second.close()
      } catch {
        try await reset(settings.keys.sorted(), site)
        throw error
      }
      try await reset(settings.keys.sorted(), site)
    }
  }

  private func reset(_ names: [String], _ site: Site) async throws {
    for name in names { try await site.sql.run("ALTER SYSTEM RESET \(name)") }
    try await site.sql.run("SELECT pg_reload_conf()")
  }

  @Test(arguments: TestServer.all)
  func `a replication connection shows the settings that streams need`(
    server: TestServer
  ) async throws {
    let connection = try await WireConnection.connect(try server.options, replication: .database)
    defer { connection.close() }
    for (name, value) in [
      ("TimeZone", "UTC"), ("DateStyle", "ISO, MDY"), ("IntervalStyle", "postgres"),
      ("bytea_output", "hex"), ("extra_float_digits", "3"), ("client_encoding", "UTF8"),
      ("lc_monetary", "C"),
    ] {
      #expect(try await connection.value("SHOW \(name)") == value)
    }
  }
}
