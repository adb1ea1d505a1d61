import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

/// What a replay server plays, taken by our own client.
@Suite(.timeLimit(.minutes(15))) struct ReplayTests {
  private static let rows = 40

  /// One transaction with some rows, and a keepalive behind it.
  private func recording() throws -> Recording {
    let relation = PgOutputEncoder.relation(1, "t", [.key("id", 23)])
    let contents =
      [
        PgOutputEncoder.begin(finalLSN: 0x2000, time: 0, xid: 7), relation,
      ] + (0..<Self.rows).map { PgOutputEncoder.insert(1, new: [.text(Array("\($0)".utf8))]) } + [
        PgOutputEncoder.commit(commitLSN: 0x2000, endLSN: 0x2030, time: 0)
      ]
    var bytes = Recording.Header(
      serverVersion: "17.5", plugin: "pgoutput", options: ["proto_version": "1"]
    ).encoded
    for (index, content) in contents.enumerated() {
      bytes += Recording.frame(xLogData(content, at: UInt64(0x1000 + index)))
    }
    bytes += Recording.frame([UInt8(ascii: "k")] + bigEndian(0x2030) + bigEndian(0) + [0])
    return try Recording(bytes)
  }

  private func xLogData(_ payload: [UInt8], at lsn: UInt64) -> [UInt8] {
    [UInt8(ascii: "w")] + bigEndian(lsn) + bigEndian(lsn) + bigEndian(0) + payload
  }

  private func bigEndian(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }
  }

  private func client(_ host: String, _ server: ReplayServer) throws -> Client {
    var connection = try ConnectionOptions(host: host, port: server.port, user: "u")
    connection.tls.mode = .disable
    var params = ReplicationParams(connection: connection, slot: "s", publications: ["p"])
    params.deliversKeepAlives = true
    return try Client(params)
  }

  /// Takes the stream to the closing keepalive, as a line of text for each event.
  private func lines(_ duplex: Duplex) async throws -> [String] {
    var lines: [String] = []
    while let event = try await duplex.recv() {
      switch event {
      case .begin(let begin): lines.append("begin \(begin.xid)")
      case .commit(let commit): lines.append("commit \(commit.endLSN)")
      case .xLogData(let data): lines.append("data \(data.start) \(data.payload.bytes())")
      case .keepAlive(let keepAlive):
        lines.append("keepalive \(keepAlive.walEnd)")
        if keepAlive.replyRequested { return lines }
      default: lines.append("\(event)")
      }
    }
    return lines
  }

  private func play(
    on host: String = "127.0.0.1", _ options: ReplayServer.Options = ReplayServer.Options()
  ) async throws -> [String] {
    let server = try ReplayServer.start(try recording(), options)
    defer { server.stop() }
    let duplex = try await client(host, server).startReplication(tuning: .recording)
    let result: Result<[String], any Error>
    do {
      result = .success(try await lines(duplex))
    } catch {
      result = .failure(error)
    }
    await duplex.close()
    return try result.get()
  }

  @Test func `plays every message and then asks for a reply`() async throws {
    let lines = try await play()
    #expect(lines.count == Self.rows + 5)
    #expect(lines.first == "begin 7")
    #expect(lines[Self.rows + 2] == "commit 0/2030")
    #expect(lines[Self.rows + 3] == "keepalive 0/2030")
    #expect(lines.last == "keepalive 0/1002030")
  }

  @Test func `plays as often as asked`() async throws {
    var options = ReplayServer.Options()
    options.repeats = 3
    let once = try await play()
    let three = try await play(options)
    #expect(three == once.dropLast() + once.dropLast() + once)
  }

  @Test(arguments: [1, 2, 7]) func `small writes bring the same events`(chunk: Int) async throws {
    var options = ReplayServer.Options()
    options.chunk = chunk
    #expect(try await play(options) == play())
  }

  @Test func `a cut stream is an error`() async throws {
    var options = ReplayServer.Options()
    options.cutAfter = 300
    await #expect(throws: ReplicationError.self) { _ = try await play(options) }
  }

  @Test func `a stream that has stalled can be closed`() async throws {
    var options = ReplayServer.Options()
    options.stallAfter = 300
    let server = try ReplayServer.start(try recording(), options)
    defer { server.stop() }
    let duplex = try await client("127.0.0.1", server).startReplication(tuning: .recording)
    let first = try await duplex.recv()
    if case .begin = first {} else { Issue.record("not a begin: \(String(describing: first))") }
    await duplex.close()
    #expect(duplex.end == .closed)
  }

  @Test func `many clients are served at once`() async throws {
    let server = try ReplayServer.start(try recording())
    defer { server.stop() }
    let expected = try await play()
    try await withThrowingTaskGroup(of: [String].self) { group in
      for _ in 0..<8 {
        group.addTask {
          let duplex = try await client("127.0.0.1", server).startReplication(tuning: .recording)
          let lines = try await lines(duplex)
          await duplex.close()
          return lines
        }
      }
      for try await lines in group { #expect(lines == expected) }
    }
  }

  @Test func `a port that is taken is an error`() throws {
    let server = try ReplayServer.start(try recording())
    defer { server.stop() }
    var options = ReplayServer.Options()
    options.port = server.port
    #expect(throws: ReplayError.self) { _ = try ReplayServer.start(try recording(), options) }
  }
}
