import PGOutput
import PGWire
import ReplicationCore
import Testing

/// Values of every type, copied in text and in binary.
@Suite struct SnapshotValueTests {
  @Test(arguments: TestServer.all)
  func `text and binary give the same values of every type`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.makeTypes()
      let cases = ValueCases.all(seed: 11).filter { $0.since <= server.version }
      for (index, type) in cases.enumerated() {
        let values = type.literals.enumerated()
          .map { "(\($0.offset), \($0.element.literal)::\(type.type))" }
        try await site.sql.run(
          """
          CREATE TABLE t\(index) (id int PRIMARY KEY, v \(type.type));
          INSERT INTO t\(index) VALUES \(values.joined(separator: ", ")), (-1, NULL)
          """)
      }
      try await site.sql.run(
        "CREATE TABLE by_name (id int, r regclass); INSERT INTO by_name VALUES (1, 'by_name')")
      try await site.publish("ALL TABLES")
      // The other tests' tables are none of ours.
      let (text, binary, forms) = try await site.client().withExportedSnapshot { snapshot in
        let tables = try await snapshot.tables().filter { $0.relation.namespace == site.name }
        var (text, binary) = (SnapshotRows(), SnapshotRows())
        var forms: [String: Bool] = [:]
        var options = SnapshotOptions()
        options.workers = 4
        options.prefersBinary = false
        try await snapshot.read(tables, options: options) { event in try text.take(event) }
        options.prefersBinary = true
        try await snapshot.read(tables, options: options) { event in
          try binary.take(event)
          guard case .rows(let batch) = event else { return }
          batch.forEachTuple { tuple in
            tuple.forEachColumn { index, column in
              if index == 0, case .binary = column { forms[batch.table.relation.name] = true }
            }
          }
          #expect(forms[batch.table.relation.name] ?? false == batch.table.hasBinaryForm)
        }
        return (text, binary, forms)
      }
      var count = 0
      for (index, type) in cases.enumerated() {
        let rows = text.rows(of: "t\(index)")
        #expect(rows.count == type.literals.count + 1, "\(type.type)")
        // Servers pad positions in text since 19, and in binary they are numbers.
        if type.type == "pg_lsn" { continue }
        #expect(rows == binary.rows(of: "t\(index)"), "\(type.type)")
        #expect(forms["t\(index)"] == true, "\(type.type)")
        count += rows.count
      }
      #expect(count > 900)
      #expect(forms["by_name"] == nil)
      #expect(binary.rows(of: "by_name").first?["r"] == "\(site.name).by_name")
    }
  }

  @Test(arguments: TestServer.all)
  func `tables may be empty, or have no columns, or no rows that count`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        """
        CREATE TABLE empty (id int); CREATE TABLE bare (); INSERT INTO bare DEFAULT VALUES;
        INSERT INTO bare DEFAULT VALUES; CREATE TABLE parts (id int) PARTITION BY RANGE (id);
        CREATE TABLE wide (\((1...1000).map { "c\($0) int" }.joined(separator: ", ")));
        INSERT INTO wide (c1, c1000) VALUES (1, 2)
        """)
      try await site.sql.run(
        """
        CREATE PUBLICATION \(site.name) FOR TABLE empty, bare, parts, wide
          WITH (publish_via_partition_root)
        """)
      for prefersBinary in [false, true] {
        let client = try site.client { $0.usesTemporarySlot = true }
        let rows = try await client.withExportedSnapshot { snapshot in
          var options = SnapshotOptions()
          options.prefersBinary = prefersBinary
          return try await SnapshotRows.all(of: snapshot, options)
        }
        client.close()
        #expect(rows.ends == ["empty": 0, "bare": 2, "parts": 0, "wide": 1])
        #expect(rows.rows(of: "wide").first?["c1000"] == "2")
        try await eventually("the temporary slot is gone") { try await !site.hasSlot() }
      }
    }
  }
}
