import Foundation
import PGWire
import ReplicationCore
import Testing

/// What `pgcdc stream --progress` says of a stream, where standard error is a file.
@Suite struct PgcdcProgressTests {
  @Test(arguments: TestServer.newest)
  func `a line every ten seconds says how the stream is doing`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.prepare()
      let second = "\(site.name)_events"
      try await site.client { $0.slot = second }.ensureSlot()
      try await site.sql.run("INSERT INTO t SELECT generate_series(1, 100)")
      let commands = try [(site.name, "json"), (second, "events")].map { slot, format in
        try Pgcdc.start([
          "stream", "--url", site.url, "--slot", slot, "--publication", site.name, "--format",
          format, "--progress",
        ])
      }
      for command in commands {
        try await eventually("it says how it is doing") {
          command.errors.contains(
            #/pgcdc: stream [0-9,]+ messages/s  [^\n]+/s  lag [^\n]+  at [0-9A-F]+/[0-9A-F]+  slot keeps /#
          )
        }
        command.send(SIGTERM)
        let outcome = try await command.outcome()
        #expect(outcome.status == 143, "\(outcome.errors)")
        #expect(outcome.lines.count >= 100)
        // No line is written over where there is no terminal.
        #expect(!outcome.errors.contains("\u{1B}"))
      }
    }
  }
}
