import ChangeSinks
import PGOutput
import PGWire
import Testing

@testable import PostgresSink

/// What needs no server.
@Suite struct UnitTests {
  @Test func `hosts of a connection string`() throws {
    let uri = try TargetHost.all(in: "postgresql://u:secret@a:1,b/db?target_session_attrs=any")
    #expect(uri.map(\.engine) == ["PostgreSQL at a:1", "PostgreSQL at b:5432"])
    let words = try TargetHost.all(in: "host=a,b port=7 user=u password=secret")
    #expect(words.map(\.engine) == ["PostgreSQL at a:7", "PostgreSQL at b:7"])
    #expect(words.map(\.keywords) == [["host": "a", "port": "7"], ["host": "b", "port": "7"]])
    #expect(try TargetHost.all(in: "user=u").map(\.keywords) == [[:]])
    let error = #expect(throws: (any Error).self) {
      _ = try TargetHost.all(in: "postgresql://u:secret@a/db?nonsense=1")
    }
    #expect("\(String(describing: error))".contains("secret") == false)
  }

  @Test(
    arguments: [
      ("FATAL:  28P01: password authentication failed", ErrorCategory.needsOperator),
      ("FATAL:  57P03: the database system is starting up", .transient),
      ("FATAL:  3D000: database \"x\" does not exist", .needsOperator),
      ("connection to server at \"h\" failed: Connection refused", .transient),
    ])
  func `what can be done about an error`(_ text: String, _ category: ErrorCategory) {
    #expect(TargetFailure(connecting: text).category == category)
  }

  @Test(arguments: ["P0001", "P0004", "38000", "2F003", "HV000", "U0001"])
  func `the words of a trigger are not repeated`(code: String) {
    let failure = TargetFailure(connecting: "ERROR:  \(code): card 4711 is blocked")
    let error = failure.error("PostgreSQL at a:1", "writing a batch")
    #expect(error.category == .fatal)
    #expect(error.reason.contains(code) && error.reason.contains("trigger"))
    #expect(!error.description.contains("4711"))
  }

  @Test func `the words of the server itself are repeated`() {
    let failure = TargetFailure(connecting: "ERROR:  42501: permission denied for table orders")
    let error = failure.error("PostgreSQL at a:1", "writing a batch")
    #expect(error.category == .needsOperator)
    #expect(error.reason.contains("permission denied for table orders"))
  }

  @Test func `no description of options shows a password`() {
    let options = PostgresSinkOptions(connection: "postgresql://u:hidden@a/db")
    var dumped = ""
    dump(options, to: &dumped)
    for text in ["\(options)", String(reflecting: options), dumped] {
      #expect(!text.contains("hidden"), "\(text)")
      #expect(text.contains("pgcdc"), "\(text)")
    }
  }

  @Test func `names and values are quoted`() {
    #expect("a\"b".quotedName == "\"a\"\"b\"")
    #expect("it's \\".quotedValue == "'it''s \\'")
    #expect(String.array(["a", "b\"c", "d\\e", "NULL", ""]) == #"{"a","b\"c","d\\e","NULL",""}"#)
  }

  @Test func `bytes as digits`() {
    let bytes: [UInt8] = [0, 1, 0x9f, 0xff]
    #expect(bytes.hex == "00019fff")
    #expect([UInt8](hex: bytes.hex) == bytes)
    #expect([UInt8](hex: "0") == nil)
    #expect([UInt8](hex: "0g") == nil)
  }

  @Test func `a batch is cut back, or says that a part is gone`() {
    var content = BatchContent()
    content.append(.end("now"))
    let mark = content.mark
    content.append(rows: 2, of: 1, first: 0)
    content.append(rows: 3, of: 1, first: 4)
    content.append(rows: 1, of: 2, first: 10)
    #expect(content.operations.count == 3)
    #expect(content.ended == 1)
    #expect(content.commitTime == "now")
    let isCut = content.cut(to: mark)
    #expect(isCut)
    #expect(content.operations.count == 1)
    content.removeAll()
    let isCutAgain = content.cut(to: mark)
    #expect(!isCutAgain)
    #expect(content.ended == 0)
    // Nothing is open behind it, so that a checkpoint can be stored there.
    content.append(.undo)
    #expect(content.ended == 1)
  }

  private static func table(hasKey: Bool) -> TargetTable {
    let relation = Relation(
      oid: 1, namespace: "s", name: "t", replicaIdentity: hasKey ? .default : .full,
      columns: [
        .init(name: "id", isKey: true, typeOID: 23, typeModifier: -1),
        .init(name: "v", isKey: !hasKey, typeOID: 25, typeModifier: -1),
        .init(name: "g", isKey: !hasKey, typeOID: 23, typeModifier: -1),
      ])
    let source = SourceTable(
      relation,
      columns: relation.columns.map {
        SourceColumn(
          name: $0.name, isKey: $0.isKey, type: SourceType($0, TypeCatalog()), order: nil,
          earlierValue: nil)
      }, primaryKey: ["id"], isReadWhole: false, former: nil)
    let columns = relation.columns.map {
      TargetTable.Column(
        name: $0.name.quotedName, type: $0.typeOID, isWritten: $0.name != "g", isUpdatable: true,
        isKey: $0.isKey, order: nil)
    }
    return TargetTable(
      shape: 1, source, columns: columns,
      key: hasKey ? .init(columns: [0], operators: ["OPERATOR(\"pg_catalog\".=)"]) : nil)
  }

  @Test func `statements for a table with a key`() {
    let table = Self.table(hasKey: true)
    let insertion = table.statement(.init(shape: 1, verb: .upsert))
    #expect(
      insertion.sql == """
        INSERT INTO "s"."t" ("id", "v") OVERRIDING SYSTEM VALUE VALUES ($1, $2) \
        ON CONFLICT ("id") DO UPDATE SET "v" = EXCLUDED."v"
        """)
    #expect(insertion.parameters == [.row(0), .row(1)])
    let move = table.statement(.init(shape: 1, verb: .move))
    #expect(
      move.sql == """
        WITH moved AS (UPDATE "s"."t" SET "id" = $1, "v" = $2 \
        WHERE "id" OPERATOR("pg_catalog".=) $3 RETURNING 1) \
        INSERT INTO "s"."t" ("id", "v") OVERRIDING SYSTEM VALUE SELECT $1, $2 \
        WHERE NOT EXISTS (SELECT 1 FROM moved) \
        ON CONFLICT ("id") DO UPDATE SET "v" = EXCLUDED."v"
        """)
    #expect(move.parameters == [.row(0), .row(1), .old(0)])
    let update = table.statement(
      .init(shape: 1, verb: .update, known: [true, false, true]))
    #expect(
      update.sql == #"UPDATE "s"."t" SET "id" = $1 WHERE "id" OPERATOR("pg_catalog".=) $2"#)
    #expect(
      table.statement(.init(shape: 1, verb: .delete)).sql
        == #"DELETE FROM "s"."t" WHERE "id" OPERATOR("pg_catalog".=) $1"#)
  }

  @Test func `statements for a table without a key`() {
    let table = Self.table(hasKey: false)
    #expect(
      table.statement(.init(shape: 1, verb: .upsert)).sql
        == #"INSERT INTO "s"."t" ("id", "v") OVERRIDING SYSTEM VALUE VALUES ($1, $2)"#)
    let deletion = table.statement(
      .init(shape: 1, verb: .deleteAlike, compared: [true, true, false]))
    #expect(deletion.parameters == [.old(0), .old(1)])
    #expect(deletion.sql.hasPrefix(#"DELETE FROM "s"."t" AS target USING (SELECT ctid, tableoid"#))
  }

  @Test func `types that the target gets`() {
    func type(_ oid: UInt32, _ modifier: Int32 = -1, _ type: ColumnType? = nil) -> SourceType {
      SourceType(
        Relation.Column(
          name: "c", isKey: false, typeOID: oid, typeModifier: modifier, type: type),
        TypeCatalog([
          TypeCatalog.Entry(
            TypeName(oid: 20000, namespace: "s", name: "mood"),
            .enumeration(labels: ["a", "b"]))
        ]))
    }
    #expect(type(1043, 14) == .builtin(oid: 1043, modifier: 14))
    // A domain over varchar.
    #expect(type(30000, 14, .builtin(.varchar)) == .builtin(oid: 1043, modifier: -1))
    #expect(type(2205) == .text)
    let name = TypeName(oid: 20000, namespace: "s", name: "mood")
    #expect(
      type(20000, -1, .named(name))
        == .enumeration(SourceTypeName(name), labels: ["a", "b"], isArray: false))
    #expect(type(40000) == .text)
  }
}
