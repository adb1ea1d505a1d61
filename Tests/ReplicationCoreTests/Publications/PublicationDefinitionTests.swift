import Testing

@testable import ReplicationCore

/// Publications as SQL, and compared with what is there.
@Suite struct PublicationDefinitionTests {
  private let plain =
    "publish = 'insert, update, delete, truncate', publish_via_partition_root = false"

  @Test func `names are quoted, whatever they hold`() throws {
    var definition = PublicationDefinition(
      "p\"; DROP", tables: [PublicationTable("t\"é", schema: "S 1")])
    #expect(
      try definition.creation().text
        == #"CREATE PUBLICATION "p""; DROP" FOR TABLE ONLY "S 1"."t""é" WITH (\#(plain))"#)
    definition = PublicationDefinition("p")
    definition.isForAllTables = true
    #expect(
      try definition.creation().text == #"CREATE PUBLICATION "p" FOR ALL TABLES WITH (\#(plain))"#)
    #expect(
      try PublicationDefinition("p").creation().text
        == #"CREATE PUBLICATION "p" WITH (\#(plain))"#)
    #expect(throws: ReplicationError.self) { try PublicationDefinition("").creation() }
  }

  @Test func `lists, filters, schemas and options are written`() throws {
    var definition = PublicationDefinition(
      "p", tables: [PublicationTable("t", columns: ["a", "b\""], rowFilter: "a > 5")],
      schemas: ["s"])
    definition.operations = [.delete, .insert]
    definition.publishesViaPartitionRoot = true
    definition.publishesGeneratedColumns = true
    #expect(
      try definition.creation().text == #"""
        CREATE PUBLICATION "p" FOR TABLE ONLY "public"."t" ("a", "b""") WHERE (a > 5), \#
        TABLES IN SCHEMA "s" WITH (publish = 'insert, delete', \#
        publish_via_partition_root = true, publish_generated_columns = stored)
        """#)
  }

  @Test func `what a server can't do is refused before it is asked`() {
    func fails(_ server: Int, _ definition: PublicationDefinition) -> Bool {
      (try? definition.check(server: server)) == nil
    }
    let columns = PublicationDefinition("p", tables: [PublicationTable("t", columns: ["a"])])
    let filter = PublicationDefinition("p", tables: [PublicationTable("t", rowFilter: "true")])
    for definition in [columns, filter, PublicationDefinition("p", schemas: ["s"])] {
      #expect(fails(14, definition) && !fails(15, definition))
    }
    var generated = PublicationDefinition("p")
    generated.publishesGeneratedColumns = false
    #expect(fails(17, generated) && !fails(18, generated))
    var contradictory = PublicationDefinition("p")
    contradictory.isForAllTables = true
    contradictory.schemas = ["s"]
    #expect(fails(19, contradictory))
    var idle = PublicationDefinition("p")
    idle.operations = []
    #expect(fails(19, idle))
  }

  private func state(_ tables: [PublicationTable], all: Bool = false) -> PublicationState {
    PublicationState(
      publication: Publication(
        name: "p", isForAllTables: all, operations: Set(PublicationOperation.allCases),
        publishesViaPartitionRoot: false, publishesGeneratedColumns: false, schemas: ["s"], age: 0,
        isAsCreated: true),
      tables: tables)
  }

  @Test func `every difference is said`() {
    let wanted = PublicationDefinition(
      "p",
      tables: [
        PublicationTable("t", columns: ["b", "a"], rowFilter: "((a > 5) AND (b < 3))")
      ], schemas: ["s"])
    let same = PublicationTable("t", columns: ["a", "b"], rowFilter: "(a > 5) AND (b < 3)")
    #expect(state([same]).differences(from: wanted) == [])
    let other = PublicationTable("t", columns: nil, rowFilter: "(a > 6)")
    #expect(state([other, PublicationTable("u")]).differences(from: wanted).count == 3)
    #expect(state([]).differences(from: wanted) == ["table \"public\".\"t\" is not in it"])
    #expect(state([], all: true).differences(from: wanted) == ["it is for all tables"])
    var changed = wanted
    changed.operations = [.insert]
    changed.publishesViaPartitionRoot = true
    changed.publishesGeneratedColumns = true
    changed.schemas = ["r"]
    #expect(state([same]).differences(from: changed).count == 5)
  }
}
