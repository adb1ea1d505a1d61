import Foundation
import PGOutput
import Testing

/// Shapes of tables that are stored and read again.
@Suite struct RelationCodableTests {
  private static let mood = TypeName(oid: 70_000, namespace: "s", name: "mood")

  private func relation(
    _ identity: Relation.ReplicaIdentity = .default, name: String = "t"
  ) -> Relation {
    Relation(
      oid: 7, namespace: "s", name: name, replicaIdentity: identity,
      columns: [
        .init(name: "id", isKey: true, typeOID: 23, typeModifier: -1),
        .init(name: "tags", isKey: false, typeOID: 1009, typeModifier: -1),
        .init(
          name: "mood", isKey: false, typeOID: 70_000, typeModifier: -1, type: .named(Self.mood)),
        // A domain over int4, and a type that nobody has named.
        .init(
          name: "posint", isKey: false, typeOID: 70_001, typeModifier: 4, type: .builtin(.int4)),
        .init(name: "x", isKey: false, typeOID: 70_002, typeModifier: -1),
      ])
  }

  private func again<Value: Codable>(_ value: Value) throws -> Value {
    try JSONDecoder().decode(Value.self, from: try JSONEncoder().encode(value))
  }

  @Test(arguments: [.default, .nothing, .full, .index] as [Relation.ReplicaIdentity])
  func `a relation is the same after it was stored`(identity: Relation.ReplicaIdentity) throws {
    let stored = relation(identity)
    let read = try again(stored)
    #expect(read.hasSameShape(as: stored) && read.oid == stored.oid)
    #expect(read.shapeHash == stored.shapeHash)
  }

  @Test func `it is stored under names that anyone can read`() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let columns = Array(relation().columns.prefix(1))
    let small = Relation(
      oid: 7, namespace: "s", name: "t", replicaIdentity: .full, columns: columns)
    #expect(
      String(decoding: try encoder.encode(small), as: UTF8.self)
        == #"{"columns":[{"isKey":true,"name":"id","type":{"builtin":"int4"},"typeModifier":-1,"#
        + #""typeOID":23}],"name":"t","namespace":"s","oid":7,"replicaIdentity":"full"}"#)
  }

  @Test(
    arguments: [
      ("full", "whole"), ("int4", "int5"), (#""type":{"builtin":"int4"}"#, #""type":{}"#),
      (#""oid":7"#, #""oid":-7"#),
    ])
  func `what is no relation is an error`(found: String, replacement: String) throws {
    let text = String(decoding: try JSONEncoder().encode(relation(.full)), as: UTF8.self)
    #expect(text.contains(found))
    let damaged = Data(text.replacing(found, with: replacement).utf8)
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Relation.self, from: damaged) }
  }

  @Test func `a change and its difference are the same after they were stored`() throws {
    var tracker = RelationTracker()
    let first = relation()
    let noted = tracker.note(first)
    let appeared = try #require(noted)
    #expect(try again(appeared).former == nil)
    let renoted = tracker.note(relation(.full, name: "u"))
    let change = try #require(renoted)
    let read = try again(change)
    #expect(read.former?.hasSameShape(as: first) == true)
    #expect(read.relation.hasSameShape(as: change.relation))
    let difference = try #require(change.difference)
    #expect(try again(difference) == difference)
    #expect(read.difference == difference && difference.formerIdentity == .default)
  }
}
