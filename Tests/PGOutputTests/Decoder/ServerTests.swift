import CDCTime
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

/// Payloads that PostgreSQL 17.11 has sent; 13.16, 15.18, 18.6 and 19rc1 sent the same layouts.
///
/// They are from `pg_logical_slot_peek_binary_changes`, with `proto_version` 1 and `messages`.
@Suite struct ServerTests {
  private func decode(_ messages: String...) throws -> [OwnedMessage] {
    var decoder = PgOutputDecoder()
    return try messages.map { try decoder.owned(bytes(hex: $0)) }
  }

  // t (id int PRIMARY KEY, name text, big text, m mood, ms mood[], p posint, ps ints, j jsonb)
  private static let table = """
    520000400c7075626c69630074006400080169640000000017ffffffff006e616d650000000019ffffffff006269670000\
    000019ffffffff006d0000004001ffffffff006d730000004000ffffffff00700000004008ffffffff007073000000400b\
    ffffffff006a0000000edaffffffff
    """
  // u (a int, b text NOT NULL, c text) with a replica identity that is an index on b
  private static let indexed = """
    52000040187075626c696300750069000300610000000017ffffffff01620000000019ffffffff00630000000019ffffffff
    """
  // f (id int, v text, big text) with replica identity full
  private static let full = """
    52000040137075626c69630066006600030169640000000017ffffffff01760000000019ffffffff01626967000000\
    0019ffffffff
    """

  @Test func `a transaction's frame`() throws {
    let time = PostgresTimestamp(microseconds: 0x0003_03e0_fe4f_26ed)
    let messages = try decode(
      "4200000000015361b8000303e0fe4f26ed000002ef",
      "430000000000015361b800000000015361e8000303e0fe4f26ed")
    guard case .begin(let begin) = messages[0], case .commit(let commit) = messages[1] else {
      Issue.record("other messages")
      return
    }
    #expect(begin.finalLSN == LSN("0/15361B8") && begin.finalLSN == commit.commitLSN)
    #expect(begin.commitTime == time && commit.commitTime == time)
    #expect(begin.xid == 751)
    #expect(commit.endLSN == LSN("0/15361E8"))
  }

  @Test func `types and the relation that uses them`() throws {
    let decoder = try PgOutputDecoder(
      after: bytes(hex: "59000040017075626c6963006d6f6f6400"),
      bytes(hex: "59000040007075626c6963005f6d6f6f6400"), bytes(hex: "590000400800696e743400"),
      bytes(hex: "590000400b005f696e743400"), bytes(hex: Self.table))
    let relation = try #require(decoder.relation(oid: 0x400c))
    #expect(relation.qualifiedName == "public.t")
    #expect(relation.replicaIdentity == .default)
    #expect(relation.columns.map(\.name) == ["id", "name", "big", "m", "ms", "p", "ps", "j"])
    #expect(relation.columns.filter(\.isKey).map(\.name) == ["id"])
    #expect(
      relation.columns.map(\.type.description)
        == ["int4", "text", "text", "public.mood", "public._mood", "int4", "int4[]", "jsonb"])
  }

  @Test func `an update without an old row, its big value unchanged`() throws {
    let messages = try decode(
      Self.table,
      """
      550000400c4e00087400000001316e7574000000026f6b74000000197b7361642c22736f2d736f2c205c227265616c\
      6c795c22227d740000000135740000000a7b312c4e554c4c2c337d74000000107b2261223a205b312c206e756c6c5d\
      7d
      """)
    #expect(
      messages[1]
        == .update(
          "public.t", old: nil,
          new: .new(
            "1", .null, .unchanged, "ok", #"{sad,"so-so, \"really\""}"#, "5", "{1,NULL,3}",
            #"{"a": [1, null]}"#)))
  }

  @Test func `an update of the key`() throws {
    let messages = try decode(
      Self.table,
      """
      550000400c4b00087400000001316e6e6e6e6e6e6e4e00087400000001326e7574000000026f6b74000000197b7361\
      642c22736f2d736f2c205c227265616c6c795c22227d740000000135740000000a7b312c4e554c4c2c337d74000000\
      107b2261223a205b312c206e756c6c5d7d
      """, "440000400c4b00087400000001326e6e6e6e6e6e6e")
    let rest = [OwnedColumn](repeating: .notSent, count: 7)
    #expect(
      messages[1]
        == .update(
          "public.t", old: OwnedTuple(kind: .key, columns: ["1"] + rest),
          new: .new(
            "2", .null, .unchanged, "ok", #"{sad,"so-so, \"really\""}"#, "5", "{1,NULL,3}",
            #"{"a": [1, null]}"#)))
    #expect(
      messages[2] == .delete("public.t", old: OwnedTuple(kind: .key, columns: ["2"] + rest)))
  }

  @Test func `a key that is an index and not in front`() throws {
    let messages = try decode(
      Self.indexed, "49000040184e000374000000013174000000016b6e",
      "55000040184b00036e74000000016b6e4e000374000000013174000000026b6b6e",
      "44000040184b00036e74000000026b6b6e")
    #expect(
      messages[1...] == [
        .insert("public.u", new: .new("1", "k", .null)),
        .update(
          "public.u", old: .key(.notSent, "k", .notSent), new: .new("1", "kk", .null)),
        .delete("public.u", old: .key(.notSent, "kk", .notSent)),
      ])
  }

  @Test func `truncate, messages, origin`() throws {
    let messages = try decode(
      Self.table, Self.full, Self.indexed, "5400000002030000400c00004013",
      "4d010000000001539a50707265000000000568656c6c6f", "4d000000000001539ab8000000000200ff",
      "4f000000000000abcd6f72696700", "49000040184e00037400000001327400000003c3a9227400000000")
    #expect(
      messages[3]
        == .truncate(["public.t", "public.f"], cascade: true, restartIdentity: true))
    guard case .message(let first) = messages[4], case .message(let second) = messages[5],
      case .origin(let origin) = messages[6]
    else {
      Issue.record("other messages")
      return
    }
    #expect(first.isTransactional && first.prefix == "pre")
    #expect(first.lsn == LSN("0/1539A50") && first.content == Array("hello".utf8))
    #expect(!second.isTransactional && second.prefix == "")
    #expect(second.lsn == LSN("0/1539AB8") && second.content == [0, 0xFF])
    #expect(origin.commitLSN == LSN("0/ABCD") && origin.name == "orig")
    #expect(messages[7] == .insert("public.u", new: .new("2", "é\"", "")))
  }
}
