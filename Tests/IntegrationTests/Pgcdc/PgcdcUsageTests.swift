import Foundation
import PGWire
import Testing

/// Wrong usage is status 64 and says what is wrong, before anything is connected to.
@Suite struct PgcdcUsageTests {
  private static let url = "postgresql://user@127.0.0.1:1/database"
  private static let stream = ["stream", "--url", url, "--slot", "s", "--publication", "p"]

  private static let wrong: [(arguments: [String], words: String)] = [
    (["stream", "--url", "nonsense", "--slot", "s", "--publication", "p"], "malformed"),
    (["stream", "--url", "http://host/", "--slot", "s", "--publication", "p"], "malformed"),
    (["stream", "--url", "postgresql://h:99999/", "--slot", "s", "--publication", "p"], "port"),
    (
      ["stream", "--url", "postgresql://h/?nosuch=1", "--slot", "s", "--publication", "p"], "nosuch"
    ),
    (["stream", "--url", "user=u", "--slot", "s", "--publication", "p"], "host"),
    (["stream", "--url", "host=h", "--slot", "s", "--publication", "p"], "user"),
    (["stream", "--slot", "s", "--publication", "p"], "host"),
    (["slot", "list", "--url", "host=a,b port=1,2,3 user=u"], "port"),
    (["slot", "list", "--url", "host=h user=u target_session_attrs=master"], "target_session"),
    (
      ["slot", "list", "--url", "host=h user=u service=nosuch servicefile=/nonexistent"], "service"
    ),
    (["slot", "list", "--url", "host=h user=u gssencmode=require"], "gssencmode"),
    (["slot", "list", "--url", "host=h user=u sslrootcert=system sslmode=require"], "sslmode"),
    (["slot", "list", "--url", "host=h user=u min_protocol_version=3.1"], "min_protocol"),
    (["stream", "--url", url, "--slot", "Not-A-Slot", "--publication", "p"], "Not-A-Slot"),
    (["stream", "--url", url, "--slot", "", "--publication", "p"], "slot"),
    (
      ["stream", "--url", url, "--slot", String(repeating: "s", count: 64), "--publication", "p"],
      "slot"
    ),
    (["stream", "--url", url, "--publication", "p"], "--slot"),
    (["stream", "--url", url, "--slot", "s"], "--publication"),
    (["stream", "--url", url, "--slot", "s", "--publication", "p,,q"], "publication"),
    (stream + ["--start-lsn", "12345"], "start-lsn"),
    (stream + ["--until-lsn", "0/G"], "until-lsn"),
    (stream + ["--until-lsn", "0/1", "--until-now"], "until"),
    (stream + ["--format", "xml"], "format"),
    (
      stream + ["--format", "debezium", "--streaming", "on", "--provisional"], "rolled back"
    ),
    (stream + ["--provisional"], "--streaming"),
    (stream + ["--checkpoint", ""], "--checkpoint"),
    (stream + ["--checkpoint", "f", "--no-ack"], "--no-ack"),
    (stream + ["--checkpoint", "f", "--temporary"], "temporary"),
    (stream + ["--checkpoint", "f", "--start-lsn", "0/1"], "--start-lsn"),
    (stream + ["--checkpoint", "f", "--format", "raw"], "--format"),
    (stream + ["--checkpoint", "f", "--streaming", "on", "--provisional"], "--provisional"),
    (stream + ["--format", "debezium", "--two-phase"], "rolled back"),
    (stream + ["--format", "debezium", "--debezium-name", ""], "--debezium-name"),
    (stream + ["--debezium-name", "n"], "--format debezium"),
    (stream + ["--debezium-truncates"], "--format debezium"),
    (["stream", "--url", url, "--slot", "s", "--publication", #"p,"q"#], "quote"),
    (stream + ["--max-line-bytes", "0"], "max-line-bytes"),
    (stream + ["--max-line-bytes", "100", "--format", "raw"], "max-line-bytes"),
    (stream + ["--json-values", "some"], "json-values"),
    (stream + ["--json-values", "quote", "--format", "debezium"], "json-values"),
    (stream + ["--json-values", "quote", "--format", "events"], "json-values"),
    (stream + ["--json-int8", "text"], "json-int8"),
    (stream + ["--json-int8", "string", "--format", "debezium"], "json-int8"),
    (stream + ["--json-int8", "string", "--format", "raw"], "json-int8"),
    (stream + ["--max-json-nesting", "-1"], "max-json-nesting"),
    (stream + ["--max-json-nesting", "9", "--json-values", "quote"], "--json-values embed"),
    (stream + ["--max-json-nesting", "9", "--format", "debezium"], "max-json-nesting"),
    (stream + ["--max-frame-bytes", "1k"], "--max-frame-bytes"),
    (stream + ["--max-frame-bytes", "2GiB"], "--max-frame-bytes"),
    (stream + ["--max-frame-bytes", "much"], "--max-frame-bytes"),
    (["stream", "--url", url, "--slots", "s", "--publication", "p"], "did you mean '--slot'?"),
    (["strem", "--url", url], "did you mean 'stream'?"),
    (["slot", "drop", "--url", url, "s", "t"], "'t'"), (["slot", "drop", url, url, "s"], "s"),
    (["slot", "list", "word", "--url", url], "'word'"),
    (["slot", "list", url, "--url", url], "given twice"),
    (stream + ["--max-transactions", "0"], "max-transactions"),
    (stream + ["--max-transactions", "many"], "max-transactions"),
    (stream + ["--status-interval", "0s"], "status-interval"),
    (stream + ["--origin", "here"], "origin"),
    (stream + ["--log-level", "loud"], "log-level"),
    (stream + ["--no-such-option"], "--no-such-option"),
    (stream + ["surplus"], "surplus"),
    (["slot", "advance", "--url", url, "--slot", "s", "--to", "x"], "--to"),
    (["slot", "advance", "--url", url, "--slot", "s"], "--to"),
    (["slot", "drop", "--url", url, "--slot", "A"], "slot"),
    (["slot", "show", "--url", "?", "--slot", "a"], "malformed"),
    (["record", "--url", url, "--slot", "s", "--publication", "p"], "file"),
    (["demo", "--url", url, "--rows", "0"], "--rows"),
    (["nosuch"], "nosuch"),
  ]

  @Test(arguments: wrong.indices)
  func `what can't be right is refused`(index: Int) async throws {
    let (arguments, words) = Self.wrong[index]
    let outcome = try await Pgcdc.run(arguments)
    #expect(outcome.status == 64, "\(arguments): \(outcome.errors)")
    #expect(outcome.output == "", "\(arguments)")
    #expect(outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
  }

  @Test(arguments: TestServer.newest)
  func `a server without TLS is refused where TLS is wanted`(server: TestServer) async throws {
    let sql = try await WireConnection.connect(server.options)
    defer { sql.close() }
    guard try await sql.value("SHOW ssl") == "off" else { return }
    let url = server.url + (server.url.contains("?") ? "&" : "?") + "sslmode=require"
    for arguments in [
      ["stream", "--slot", "s", "--publication", "p"], ["slot", "list"],
      ["drain", "--mode", "frames", "--count", "1", "--slot", "s", "--publication", "p"],
    ] {
      let outcome = try await Pgcdc.run(arguments + ["--url", url])
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("server does not support"), "\(outcome.errors)")
    }
  }

  private static let secret = "postgres://u:s3cret@127.0.0.1:1/d"

  /// psql takes it as an argument; where it does not belong, it is not repeated.
  @Test(arguments: [
    ["slot", "list", secret], ["slot", "drop", "s", secret], ["slot", "list", "--ulr", secret],
    ["slot", "list", "--ulr=\(secret)"], ["slot", "list", secret, secret],
    ["slot", "list", "--url", secret, secret], ["demo", secret, "surplus"], [secret],
    ["stream", "--slot", secret, "--publication", "p"], ["record", secret, "--slot", "s"],
    ["replay", secret, "--port", "0"], ["replay", "--port", secret], ["doctor", secret],
    ["stream", "--slot", "s", "--publication", "p", "--checkpoint", secret, secret],
    ["slot", "list", "host=127.0.0.1 port=1 user=u password=s3cret"],
    ["slot", "list", "host=127.0.0.1 user=u password=s3cret strange"],
    ["stream", "--start-lsn", "host=h password=s3cret", "--slot", "s", "--publication", "p"],
    ["slot", "create", "--plugin", secret, "s", secret],
  ])
  func `no connection string is repeated`(arguments: [String]) async throws {
    let outcome = try await Pgcdc.run(arguments)
    #expect(outcome.status != 0)
    #expect(outcome.errors != "")
    #expect(!(outcome.output + outcome.errors).contains("s3cret"), "\(outcome.errors)")
  }

  @Test func `help is no error`() async throws {
    for arguments in [
      [], ["--help"], ["help", "stream"], ["slot"], ["stream", "--help"], ["slot", "--help"],
      ["slot", "advance", "--help"],
      ["record", "--help"], ["demo", "--help"], ["--version"],
    ] {
      let outcome = try await Pgcdc.run(arguments)
      #expect(outcome.status == 0)
      #expect(outcome.output != "")
      #expect(outcome.errors == "")
    }
  }

  @Test(arguments: TestServer.newest)
  func `no password is ever printed`(server: TestServer) async throws {
    try await onSite(server) { site in
      let role = "\(site.name)role"
      let password = "S3cr3t-pa ss\u{F6}"
      try await site.sql.run(
        """
        CREATE ROLE \(role) LOGIN SUPERUSER PASSWORD \(password.literal);
        CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)
        """)
      try await site.publish("TABLE t")
      let host = "host=\(site.options.host) port=\(site.options.port) dbname=postgres user=\(role)"
      let slot = ["--slot", site.name]
      let stream = slot + ["--publication", site.name]
      let folder = FileManager.default.temporaryDirectory.appending(path: site.name)
      defer { try? FileManager.default.removeItem(at: folder) }
      let commands = [
        ["slot", "ensure"] + slot, ["stream", "--until-now"] + stream,
        ["stream", "--until-now", "--format", "events"] + stream,
        ["record", folder.path, "--until-now"] + stream, ["slot", "show"] + slot, ["slot", "list"],
        ["slot", "advance", "--to", "0/1"] + slot, ["demo", "--rows", "10"],
        ["slot", "drop"] + slot,
        ["stream", "--until-now"] + stream, ["stream", "--nonsense"] + stream,
      ]
      for command in commands {
        for connection in [
          "\(host) password='\(password)'", "\(host) password='\(password)' connect_timeout=x",
          "\(host) password='\(password)' sslmode=require", "\(host) password='\(password) wrong'",
        ] {
          let outcome = try await Pgcdc.run(
            command + ["--url", connection, "--log-level", "trace"])
          #expect(!(outcome.output + outcome.errors).contains("S3cr3t"))
        }
      }
      let file = try? Data(contentsOf: folder)
      #expect(file.map { String(decoding: $0, as: UTF8.self).contains("S3cr3t") } == false)
      try await site.sql.run("DROP ROLE \(role)")
    }
  }
}
