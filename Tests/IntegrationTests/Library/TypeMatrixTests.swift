import PGWire
import ReplicationCore
import Testing

/// Every type of every server, in every shape: the same line from every way that a row takes.
@Suite struct TypeMatrixTests {
  @Test(arguments: TestServer.all)
  func `a row is the same from text, binary, blocks and a snapshot`(
    server: TestServer
  ) async throws {
    try await onSite(server, limit: .seconds(300)) { site in
      let matrix = try await TypeMatrix(site)
      #expect(matrix.entries.count > 60)
      // The server ends a stream in binary at what it can't send.
      let binary = matrix.entries.filter(\.hasBinary)
      try await site.publish("TABLE " + matrix.entries.map(\.table).joined(separator: ", "))
      try await site.sql.run(
        "CREATE PUBLICATION \(site.name)binary FOR TABLE "
          + binary.map(\.table).joined(separator: ", "))
      let slots = ["", "binary", "blocks"].map { site.name + $0 }
      for slot in slots {
        try await site.sql.run("SELECT pg_create_logical_replication_slot('\(slot)', 'pgoutput')")
      }
      try await site.sql.run("BEGIN")
      try await matrix.fill()
      try await site.sql.run("COMMIT")

      let text = try await rows(site, ["--slot", slots[0], "--publication", site.name])
      #expect(Set(text.keys) == Set(matrix.entries.map(\.table)))
      #expect(text.values.allSatisfy { !$0.isEmpty })
      let copied = try await rows(
        site,
        [
          "--slot", site.name + "copied", "--create-slot", "--publication", site.name, "--snapshot",
          "initial",
        ])
      compare(copied, text, matrix, "a snapshot")
      guard server.version >= 14 else { return }
      let sent = try await rows(
        site, ["--slot", slots[1], "--publication", site.name + "binary", "--binary"])
      compare(
        sent, text.filter { table, _ in binary.contains { $0.table == table } }, matrix, "binary")
      let blocks = try await rows(
        site, ["--slot", slots[2], "--publication", site.name, "--streaming", "on"],
        url: site.streamingURL)
      compare(blocks, text, matrix, "blocks")
    }
  }

  /// The rows by their tables, in order of their keys.
  private func rows(
    _ site: Site, _ arguments: [String], url: String? = nil
  ) async throws -> [String: [String]] {
    let outcome = try await Pgcdc.run(
      ["stream", "--url", url ?? site.url, "--until-now"] + arguments)
    try #require(outcome.status == 0, "\(arguments): \(outcome.errors)")
    var rows: [String: [String]] = [:]
    for line in outcome.lines {
      guard let match = line.firstMatch(of: #/"table":"([^"]+)","new":(\{"id":(\d+).*)\}$/#) else {
        continue
      }
      rows[String(match.1), default: []].append(String(match.2))
    }
    return rows.mapValues { $0.sorted() }
  }

  private func compare(
    _ found: [String: [String]], _ expected: [String: [String]], _ matrix: TypeMatrix,
    _ way: String
  ) {
    #expect(Set(found.keys) == Set(expected.keys), "\(way)")
    for entry in matrix.entries {
      guard let rows = found[entry.table], let others = expected[entry.table] else { continue }
      #expect(rows == others, "\(entry.type) in \(way)")
    }
  }
}
