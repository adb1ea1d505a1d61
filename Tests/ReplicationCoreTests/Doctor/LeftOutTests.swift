import PGWire
import Testing

@testable import ReplicationCore

/// Publications of server 19: without some tables, or for sequences.
@Suite struct LeftOutTests {
  private func table(_ name: String, in publication: String = "p") -> PublishedTable {
    PublishedTable(
      publication: publication, schema: "s", name: name, identity: .default,
      identityColumns: ["id"], columns: nil, identityColumnsLeftOut: [], rowFilter: nil,
      filterColumnsBeyondIdentity: [], toastColumns: [], generatedColumns: [], textOnlyArrays: [],
      isReadable: true, publishesOldRows: true)
  }

  private func publication(
    _ name: String = "p", all: Bool = true, sequences: Bool = false, except: [String] = []
  ) -> Publication {
    Publication(
      name: name, isForAllTables: all, isForAllSequences: sequences, excludedTables: except,
      operations: Set(PublicationOperation.allCases), publishesViaPartitionRoot: false,
      publishesGeneratedColumns: nil, schemas: [], age: 5, isAsCreated: true)
  }

  private func findings(
    _ publications: [Publication], _ tables: PublishedTable...
  ) -> [String: Finding] {
    var facts = DoctorFacts()
    facts.server = 19
    for publication in publications { facts.publications[publication.name] = publication }
    facts.tables = tables
    let judge = Judge(
      facts: facts, slot: nil, publications: publications.map(\.name), plugin: "pgoutput",
      statusInterval: .seconds(10))
    return Dictionary(
      judge.publicationFindings.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  @Test func `a table that is left out is named, unless another publication has it`() {
    let excluding = publication(except: ["\"s\".\"t\""])
    let found = findings([excluding], table("u"))
    #expect(found["publication"]?.severity == .fine)
    #expect(found["publication-except"]?.severity == .note)
    #expect(found["publication-except"]?.what == "it leaves out \"s\".\"t\"")
    #expect(
      found["publication-except"]?.fix?.hasPrefix("ALTER PUBLICATION \"p\" SET ALL TABLES;")
        == true)
    let both = findings(
      [excluding, publication("q", all: false)], table("u"), table("t", in: "q"))
    #expect(both["publication-except"] == nil)
  }

  @Test func `many names are cut`() {
    let names = (1...8).map { "\"s\".\"t\($0)\"" }
    let what = findings([publication(except: names)], table("u"))["publication-except"]?.what
    #expect(what?.hasSuffix("\"s\".\"t5\" and 3 more") == true)
  }

  @Test func `sequences are said not to come`() {
    let found = findings([publication(sequences: true)], table("u"))
    #expect(found["publication-sequences"]?.severity == .note)
    #expect(findings([publication()], table("u"))["publication-sequences"] == nil)
  }

  @Test func `a publication without tables has a fix that the server takes`() {
    func empty(_ publication: Publication) -> Finding? {
      findings([publication])["publication-empty"]
    }
    #expect(empty(publication(all: false))?.fix == "ALTER PUBLICATION \"p\" ADD TABLE …;")
    #expect(empty(publication())?.fix == nil)
    #expect(
      empty(publication(sequences: true, except: ["\"s\".\"t\""]))?.fix?
        .hasPrefix("ALTER PUBLICATION \"p\" SET ALL TABLES, ALL SEQUENCES;") == true)
    let onlySequences = empty(publication(all: false, sequences: true))
    #expect(onlySequences?.severity == .warning)
    #expect(onlySequences?.fix?.hasPrefix("CREATE PUBLICATION") == true)
  }

  @Test func `a definition for all tables differs from one that leaves some out`() throws {
    var wanted = PublicationDefinition("p")
    wanted.isForAllTables = true
    func state(_ publication: Publication) -> PublicationState {
      PublicationState(publication: publication, tables: [])
    }
    let excluding = state(publication(sequences: true, except: ["\"s\".\"t\""]))
    #expect(excluding.differences(from: wanted) == ["table \"s\".\"t\" is left out of it"])
    #expect(
      try wanted.alteration(of: excluding).last?.text
        == "ALTER PUBLICATION \"p\" SET ALL TABLES, ALL SEQUENCES")
    #expect(state(publication()).differences(from: wanted).isEmpty)
    #expect(try wanted.alteration(of: state(publication())).count == 1)
    let sequences = state(publication(all: false, sequences: true))
    #expect(
      sequences.differences(from: PublicationDefinition("p"))
        == ["it is for all sequences, and tables can't be added to it"])
  }
}
