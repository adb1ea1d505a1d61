import PGOutput
import Testing

@testable import ReplicationCore

/// Which COPY commands a snapshot is read with.
@Suite struct SnapshotPlanTests {
  private func table(
    filter: String? = nil, columns: [String] = ["id"], hasBinaryForm: Bool = true,
    _ storage: [SnapshotTable.Storage]
  ) -> SnapshotTable {
    SnapshotTable(
      relation: Relation(
        oid: 1, namespace: "s", name: "t\"1", replicaIdentity: .default,
        columns: columns.map {
          .init(name: $0, isKey: false, typeOID: 23, typeModifier: -1, typeName: nil)
        }),
      rowFilter: filter, estimatedRows: nil, hasBinaryForm: hasBinaryForm, types: TypeCatalog(),
      missingGrant: nil, storage: storage)
  }

  private func part(
    _ oid: UInt32 = 1, _ name: String = "t\"1", isHeap: Bool = true, isReadable: Bool = true
  ) -> SnapshotTable.Storage {
    .init(
      oid: oid, schema: "s", name: name, isHeap: isHeap, isReadable: isReadable, estimatedRows: nil,
      hasForeignCode: false)
  }

  private func commands(
    _ tables: [SnapshotTable], blocks: [UInt32: Int] = [:], server: Int = 17,
    _ adjust: (inout SnapshotOptions) -> Void = { _ in }
  ) throws -> [String] {
    var options = SnapshotOptions()
    options.leastBlocks = 10
    options.workers = 1
    adjust(&options)
    return try SnapshotPlan(options: options, serverVersion: server, blocks: blocks)
      .ranges(tables).map(\.command.text)
  }

  @Test func `a small table is one range`() throws {
    let binary =
      "COPY (SELECT \"id\", \"ö\"\"\" FROM ONLY \"s\".\"t\"\"1\") TO STDOUT WITH (FORMAT binary)"
    let table = table(columns: ["id", "ö\""], [part()])
    #expect(try commands([table], blocks: [1: 19]) == [binary])
    #expect(try commands([table]) == [binary])
    let text = try commands([table]) { $0.prefersBinary = false }
    #expect(text == [binary.replacing(" WITH (FORMAT binary)", with: "")])
    #expect(try commands([self.table(hasBinaryForm: false, [part()])])[0].hasSuffix("TO STDOUT"))
    #expect(
      try commands([self.table(columns: [], [part()])])[0].hasPrefix("COPY (SELECT  FROM ONLY"))
  }

  @Test(arguments: [20, 39, 40, 41, 79, 1000, 100_000])
  func `ranges of a large one follow each other, and the last has no end`(blocks: Int) throws {
    let ranges = try commands([table(filter: "id > 5) OR (id < 2", [part()])], blocks: [1: blocks])
    #expect((2...8).contains(ranges.count))
    var next = 0
    for (index, range) in ranges.enumerated() {
      #expect(range.contains("(ctid OPERATOR(pg_catalog.>=) '(\(next),0)'::pg_catalog.tid"))
      #expect(range.contains(") AND (id > 5) OR (id < 2)) TO STDOUT"))
      let end = range.firstMatch(of: #/pg_catalog.<\) '\((\d+),0\)'/#).flatMap { Int($0.1) }
      #expect((end == nil) == (index == ranges.count - 1))
      next = end ?? next
    }
    #expect(next < blocks)
  }

  @Test func `what has no numbered blocks is read whole`() throws {
    let large = [1: 1000] as [UInt32: Int]
    #expect(try commands([table([part()])], blocks: large, server: 13).count == 1)
    #expect(try commands([table([part(isHeap: false)])], blocks: large).count == 1)
  }

  @Test func `partitions are read one by one, or by their root`() throws {
    let parts = [part(2, "a"), part(3, "b")]
    #expect(
      try commands([table([part(2, "a"), part(3, "b")]), table([])], blocks: [2: 1, 3: 25]).count
        == 1 + 3)
    let whole = try commands([table(filter: "id = 1", [parts[0], part(3, "b", isReadable: false)])])
    #expect(
      whole == [
        """
        COPY (SELECT "id" FROM "s"."t""1" WHERE (tableoid OPERATOR(pg_catalog.=) \
        ANY ('{2,3}'::pg_catalog.oid[])) AND (id = 1)) TO STDOUT WITH (FORMAT binary)
        """
      ])
  }

  @Test func `a range that is put back is the next one of its table`() throws {
    let tables = [table([part(1, "a")]), table([part(2, "b")]), table([part(3, "c")])]
    var options = SnapshotOptions()
    options.leastBlocks = 10
    let ranges = try SnapshotPlan(
      options: options, serverVersion: 17, blocks: [1: 40, 2: 5, 3: 40]
    ).ranges(tables)
    var queue = SnapshotQueue(ranges)
    guard let first = queue.take(except: []) else {
      Issue.record("there is no range")
      return
    }
    #expect(first.command.text == ranges[0].command.text)
    // A worker that can't lock the first table continues with the others.
    let second = queue.take(except: [1])
    let third = queue.take(except: [1])
    let none = queue.take(except: [1, 3])
    #expect(second?.source.oid == 2 && third?.source.oid == 3 && none == nil)
    queue.putBack(first)
    var rest: [String] = []
    while let range = queue.take(except: []) { rest.append(range.command.text) }
    let taken = [second?.command.text, third?.command.text]
    #expect(rest == ranges.map(\.command.text).filter { !taken.contains($0) })
    #expect(queue.isEmpty)
  }
}
