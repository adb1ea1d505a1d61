import PGOutput
import ReplicationCore
import Testing

@testable import ChangeFormats

/// Which columns are a record's key.
@Suite struct RecordKeyTests {
  private func relation(
    _ identity: Relation.ReplicaIdentity, keys: Set<String>
  ) -> Relation {
    Relation(
      oid: 7, namespace: "s", name: "t", replicaIdentity: identity,
      columns: ["a", "b", "c"].map {
        .init(name: $0, isKey: keys.contains($0), typeOID: 23, typeModifier: -1)
      })
  }

  private func primaryKey(_ names: String...) -> TableDescription {
    TableDescription(oid: 7, primaryKey: names, columns: [])
  }

  @Test func `the replica identity is the key, in the order of the primary key if known`() throws {
    let relation = relation(.default, keys: ["a", "c"])
    #expect(try RecordKey.columns(of: relation, nil, chosen: nil) == [0, 2])
    #expect(try RecordKey.columns(of: relation, primaryKey("c", "a"), chosen: nil) == [2, 0])
    // It has another one now; the stream says what old rows have.
    #expect(try RecordKey.columns(of: relation, primaryKey("b"), chosen: nil) == [0, 2])
  }

  @Test func `an index is the key, whatever the primary key is`() throws {
    let relation = relation(.index, keys: ["b"])
    #expect(try RecordKey.columns(of: relation, primaryKey("a"), chosen: nil) == [1])
  }

  @Test func `of a full identity only the catalog knows the key`() throws {
    let relation = relation(.full, keys: ["a", "b", "c"])
    #expect(try RecordKey.columns(of: relation, nil, chosen: nil) == [])
    #expect(try RecordKey.columns(of: relation, primaryKey("b", "a"), chosen: nil) == [1, 0])
    #expect(try RecordKey.columns(of: relation, primaryKey("b", "z"), chosen: nil) == [])
  }

  @Test func `other columns can be chosen, if old rows have them`() throws {
    let full = relation(.full, keys: ["a", "b", "c"])
    #expect(try RecordKey.columns(of: full, nil, chosen: ["c", "a"]) == [2, 0])
    #expect(try RecordKey.columns(of: full, primaryKey("a"), chosen: []) == [])
    let identity = relation(.default, keys: ["a"])
    #expect(try RecordKey.columns(of: identity, nil, chosen: ["a"]) == [0])
    #expect(throws: FormatError.column(.outsideIdentity, table: "s.t", column: "b")) {
      try RecordKey.columns(of: identity, nil, chosen: ["a", "b"])
    }
    let error = #expect(throws: FormatError.self) {
      try RecordKey.columns(of: identity, nil, chosen: ["x"])
    }
    #expect(error == .column(.missingFromKey, table: "s.t", column: "x"))
    #expect(error?.description.contains("column x of s.t") == true)
    // Tables that are only inserted into need no identity.
    #expect(
      try RecordKey.columns(of: relation(.nothing, keys: []), nil, chosen: ["b"]) == [1])
  }
}
