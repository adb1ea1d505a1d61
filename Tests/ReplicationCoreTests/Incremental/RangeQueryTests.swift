import PGOutput
import PGWire
import Testing

@testable import ReplicationCore

/// What the ranges of a table are locked and read with, and which key they are cut by.
@Suite struct RangeQueryTests {
  private func table(
    oid: UInt32 = 1, filter: String? = nil, types: [UInt32] = [23, 25], isForeign: Bool = false,
    catalog: TypeCatalog = TypeCatalog(), _ storage: [SnapshotTable.Storage]
  ) -> SnapshotTable {
    SnapshotTable(
      relation: Relation(
        oid: oid, namespace: "s", name: "t\"", replicaIdentity: .default,
        columns: types.enumerated().map { index, type in
          .init(name: "c\(index)", isKey: false, typeOID: type, typeModifier: -1)
        }),
      rowFilter: filter, estimatedRows: nil, hasBinaryForm: true, types: catalog,
      missingGrant: nil, storage: storage, hasForeignParts: isForeign)
  }

  private func part(
    _ oid: UInt32 = 1, _ name: String = "t\"", hasForeignCode: Bool = false, isReadable: Bool = true
  ) -> SnapshotTable.Storage {
    .init(
      oid: oid, schema: "s", name: name, isHeap: true, isReadable: isReadable, estimatedRows: nil,
      hasForeignCode: hasForeignCode)
  }

  private let shape = KeyShape([
    KeyColumn(name: "c0", type: KeyType(.builtin(.int4), comparesBytes: false))
  ])
  private let range = KeyRange(start: KeyBound(.before, Key([.integer(5)])), end: nil)
  private let condition = #"("c0" OPERATOR(pg_catalog.>=) '5'::"pg_catalog"."int4")"#

  private func query(_ table: SnapshotTable, _ shape: KeyShape? = nil) -> RangeQuery {
    RangeQuery(
      table: IncrementalTable(table: table, shape: shape ?? self.shape), prefersBinary: false)
  }

  @Test func `a table is locked and read by itself, partitions by way of their root`() throws {
    let plain = query(table(filter: "c0 > 1 OR c0 < 0", [part()]))
    #expect(
      try plain.lock(isImmediate: false).text == #"LOCK TABLE ONLY "s"."t""" IN ACCESS SHARE MODE"#)
    #expect(
      try plain.copy(of: range).text == """
        COPY (SELECT "c0", "c1" FROM ONLY "s"."t\"\"" WHERE \(condition) \
        AND (c0 > 1 OR c0 < 0)) TO STDOUT
        """)
    #expect(
      try plain.copy(of: .everything).text == """
        COPY (SELECT "c0", "c1" FROM ONLY "s"."t\"\"" WHERE (c0 > 1 OR c0 < 0)) TO STDOUT
        """)
    let root = query(table([part(2, "a"), part(3, "b")]))
    #expect(
      try root.lock(isImmediate: true).text == #"LOCK TABLE "s"."t""" IN ACCESS SHARE MODE NOWAIT"#)
    #expect(
      try root.copy(of: range).text == """
        COPY (SELECT "c0", "c1" FROM "s"."t\"\"" WHERE (tableoid OPERATOR(pg_catalog.=) \
        ANY ('{2,3}'::pg_catalog.oid[])) AND \(condition)) TO STDOUT
        """)
  }

  @Test func `foreign partitions are asked for nothing`() throws {
    let copy = try query(table(isForeign: true, [part(2, "a"), part(3, "b")])).copy(of: range)
    #expect(
      copy.text == """
        COPY (SELECT "c0", "c1" FROM "s"."t\"\"" WHERE (false) \
        UNION ALL SELECT "c0", "c1" FROM ONLY "s"."a" WHERE \(condition) \
        UNION ALL SELECT "c0", "c1" FROM ONLY "s"."b" WHERE \(condition)) TO STDOUT
        """)
  }

  // MARK: Keys

  private func keyRow(
    _ name: String, carried: Bool = true, comparesBytes: Bool = false, collation: String? = nil
  ) -> ResultRow {
    ResultRow([
      "attname": name, "carried": carried ? "t" : "f", "compares_bytes": comparesBytes ? "t" : "f",
      "collname": collation, "collation_schema": collation.map { _ in "pg_catalog" },
    ])
  }

  private func column(_ name: String, _ oid: UInt32, _ type: String) -> ResultRow {
    ResultRow([
      "attname": name, "base": "\(oid)", "base_schema": "pg_catalog", "base_name": type,
    ])
  }

  @Test func `the key has the index's order, types and collations`() {
    let columns = [column("c0", 23, "int4"), column("c1", 25, "text")]
    let rows = [keyRow("c1", collation: "x"), keyRow("c0")]
    let shape = KeyShape(of: table([part()]), keyRows: rows, columns: columns)
    #expect(
      shape
        == KeyShape([
          KeyColumn(
            name: "c1", type: KeyType(.builtin(.text), comparesBytes: false),
            collation: CollationName(schema: "pg_catalog", name: "x")),
          KeyColumn(name: "c0", type: KeyType(.builtin(.int4), comparesBytes: false)),
        ]))
    #expect(shape.columns[0].type.order == .server)
    let inBytes = KeyShape(
      of: table([part()]), keyRows: [keyRow("c1", comparesBytes: true, collation: "C")],
      columns: columns)
    #expect(inBytes.columns.map(\.type.order) == [.text])
  }

  @Test func `without a usable key there is one range`() {
    let columns = [column("c0", 23, "int4"), column("c1", 25, "text"), column("c2", 23, "int4")]
    func shape(_ rows: [ResultRow], _ table: SnapshotTable? = nil) -> KeyShape {
      KeyShape(of: table ?? self.table([part()]), keyRows: rows, columns: columns)
    }
    #expect(shape([keyRow("c0")]) != .none)
    #expect(shape([]) == .none)
    // Not published.
    #expect(shape([keyRow("c0"), keyRow("c2")]) == .none)
    // Deletes of a partition lack it.
    #expect(shape([keyRow("c0"), keyRow("c1", carried: false)]) == .none)
    #expect(shape([keyRow("c0")], table([part(hasForeignCode: true)])) == .none)
    // An array, whose binary form is not its text.
    let arrays = KeyShape(
      of: table(types: [1007], [part()]), keyRows: [keyRow("c0")],
      columns: [column("c0", 1007, "_int4")])
    #expect(arrays == .none)
  }

  // MARK: Publications

  private func membership(_ name: String, _ operations: String, filter: String? = nil) -> ResultRow
  {
    var row: [String: String?] = ["pubname": name, "filter": filter]
    for operation in PublicationOperation.allCases {
      row["pub\(operation.rawValue)"] = operations.contains(operation.rawValue) ? "t" : "f"
    }
    return ResultRow(row)
  }

  private func refusal(_ memberships: [ResultRow]) -> SnapshotRefusal? {
    do throws(ReplicationError) {
      try IncrementalCatalog.refuseOperationsLeftOut(
        .init(table: table([part()]), memberships: memberships, columns: []))
      return nil
    } catch {
      if case .snapshotRefused(let refusal) = error { return refusal }
      return nil
    }
  }

  @Test func `a publication that leaves out operations is refused, unless another has all`() {
    let all = "insert update delete truncate"
    let name = #""s"."t""""#
    #expect(refusal([membership("p", all)]) == nil)
    #expect(refusal([membership("p", all, filter: "x"), membership("q", all, filter: "y")]) == nil)
    #expect(
      refusal([membership("p", "insert truncate")])
        == .operationsLeftOut(name, publication: "p", operations: [.update, .delete]))
    #expect(refusal([membership("p", "insert"), membership("q", all)]) == nil)
    // The other has not all rows: those of the first one would not be updated.
    #expect(
      refusal([membership("q", all, filter: "x"), membership("p", "insert update delete")])
        == .operationsLeftOut(name, publication: "p", operations: [.truncate]))
    #expect(
      refusal([membership("p", "insert")]).map { "\($0)" }?.contains(
        "\"p\" leaves out update, delete, truncate of \(name)") == true)
  }

  @Test func `what may help is said by the error`() {
    let altered = ReplicationError.snapshotRefused(.alteredWhileRead("t"))
    #expect(altered.rangeRemedy == .lookUpTables && altered.category == .transient)
    #expect(ReplicationError.snapshotRefused(.inRecovery).rangeRemedy == .none)
    #expect(ReplicationError.connection(.transport(.closedByServer)).rangeRemedy == .tryAgain)
    #expect(ReplicationError.cancelled.rangeRemedy == .none)
  }

  @Test func `behind a page's header no record ends`() throws {
    for (offset, expected) in [(24, 0), (40, 0), (25, 25), (0, 0), (8191, 8191)]
      as [(UInt64, UInt64)]
    {
      let page: UInt64 = 7 * 8192
      #expect(
        LSN(rawValue: page + offset).withoutPageHeader(pageSize: 8192).rawValue == page + expected)
    }
  }
}
