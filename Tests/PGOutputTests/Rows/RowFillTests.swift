import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

/// A new tuple is filled up from an old one, wherever the bytes of both lie.
@Suite struct RowFillTests {
  private static let relation = Encoder.relation(
    9, "t", identity: "f", [.key("id", 23), .key("a", 25), .key("b", 25)])

  private static func text(_ text: String) -> Encoder.Column { .text(Array(text.utf8)) }

  private static let update = Encoder.update(
    9, old: [text("1"), text("old a"), .null], new: [text("2"), .unchanged, .unchanged])
  private static let deletion = Encoder.delete(
    9, old: [text("7"), text("an a from elsewhere"), text("b")])

  @Test func `from the same message`() throws {
    let fixture = try RowFixture(after: Self.relation)
    _ = try fixture.read(Self.update) { row throws(RowError) in
      check(try row[0] == 2)
      check(try row["a"] == "old a")
      check(try row.columnValue(2, as: String.self) == .null)
      check(!row.isPartial)
    }
  }

  @Test func `from another message`() throws {
    let rows = RowReader()
    var (decoder, other) = (PgOutputDecoder(), PgOutputDecoder())
    try decoder.decode(Self.relation.span, at: .zero) { _ in }
    try other.decode(Self.relation.span, at: .zero) { _ in }
    var read: [String] = []
    try decoder.decode(Self.update.span, at: .zero) { message throws(PgOutputError) in
      guard case .update(let relation, _, let new) = message else { return }
      try other.decode(Self.deletion.span, at: .zero) { message throws(PgOutputError) in
        guard case .delete(_, let old) = message else { return }
        rows.read(new, old: old, of: relation, at: .zero) { row in
          for column in 0..<3 { read.append((try? row[column, as: String.self]) ?? "?") }
        }
      }
    }
    #expect(read == ["2", "an a from elsewhere", "b"])
  }

  @Test func `a row that is read while another is has places of its own`() throws {
    let rows = RowReader()
    var decoder = PgOutputDecoder()
    try decoder.decode(Self.relation.span, at: .zero) { _ in }
    var read: [String?] = []
    try decoder.decode(Self.update.span, at: .zero) { message throws(PgOutputError) in
      guard case .update(let relation, let old?, let new) = message else { return }
      rows.read(new, old: old, of: relation, at: .zero) { outer in
        rows.read(new, old: nil, of: relation, at: .zero) { inner in
          read.append(try? inner["a", as: String.self])
        }
        rows.read(new, old: old, of: relation, at: .zero) { inner in
          read.append(try? inner["a", as: String.self])
        }
        read.append(try? outer["a", as: String.self])
      }
    }
    #expect(read == [nil, "old a", "old a"])
  }
}
