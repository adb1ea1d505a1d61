import ArgumentParser
import ChangeSinks
import PGWire
import ReplicationCore
import Testing

@testable import PostgresSink

/// The sequences that a cut-over copies, and those that it refuses.
@Suite(.enabled(if: Servers.areGiven)) struct CutOverSequenceTests {
  private static let items = "CREATE TABLE items (id serial PRIMARY KEY)"

  private static func check(
    _ site: TestSite, after copy: SequenceCopy? = nil
  ) async throws -> SequenceCheck {
    try await PostgresSink(site.options).checkSequences(from: try site.params, after: copy)
  }

  private static func next(_ site: TestSite, _ name: String) async throws -> String? {
    try await site.target.rows("SELECT nextval('\(name)')").first?.first ?? nil
  }

  @Test func `a sequence that has given no value yet begins where the source's does`() async throws
  {
    try await TestSite.with("sink_cut_uncalled", tables: Self.items) { site in
      try await site.target.run("CREATE SCHEMA sink_cut_uncalled; \(Self.items)")
      try await site.source.run("SELECT setval('items_id_seq', 1000, false)")
      try await CutOver.mirror(site)
      let before = try await Self.check(site)
      let name = "\"sink_cut_uncalled\".\"items_id_seq\""
      #expect(before.faults == [.behind(sequence: name, next: 1000)], "\(before)")
      try await CutOver.run(site, ["--sequence-margin", "5"])
      #expect(try await Self.next(site, "items_id_seq") == "1005")
    }
  }

  @Test func `a sequence of a partitioned table counts, whose leaves are mirrored`() async throws {
    let tables = """
      CREATE TABLE parts (id serial, k int) PARTITION BY RANGE (k);
      CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM (0) TO (100)
      """
    try await TestSite.with("sink_cut_parts", tables: tables) { site in
      try await site.target.run("CREATE SCHEMA sink_cut_parts; \(tables)")
      try await site.source.run("INSERT INTO parts (k) SELECT 1 FROM generate_series(1, 7)")
      try await CutOver.mirror(site)
      let before = try await Self.check(site)
      let name = "\"sink_cut_parts\".\"parts_id_seq\""
      #expect(before.faults == [.behind(sequence: name, next: 8)], "\(before)")
      try await CutOver.run(site)
      #expect(try await Self.next(site, "parts_id_seq") == "8")
    }
  }

  @Test func `a sequence that only defaults use is found by its name`() async throws {
    let sequence = "CREATE SEQUENCE shared_seq"
    let tables = """
      \(sequence);
      CREATE TABLE a (id int PRIMARY KEY DEFAULT nextval('shared_seq'));
      CREATE TABLE b (id int PRIMARY KEY DEFAULT nextval('shared_seq'))
      """
    try await TestSite.with("sink_cut_shared", tables: tables) { site in
      try await site.source.run("INSERT INTO a DEFAULT VALUES; INSERT INTO b DEFAULT VALUES")
      try await CutOver.mirror(site)
      await #expect(throws: ExitCode.failure) { try await CutOver.run(site) }
      let missing = try await Self.check(site)
      let name = "\"sink_cut_shared\".\"shared_seq\""
      #expect(missing.faults == [.missingSequence(name)], "\(missing)")
      try await site.target.run(sequence)
      try await CutOver.run(site)
      #expect(try await Self.next(site, "shared_seq") == "3")
    }
  }

  @Test func `two sequences of one column keep apart`() async throws {
    let table = "CREATE TABLE items (id int PRIMARY KEY)"
    let sequences = ["one", "two"].map { "CREATE SEQUENCE \($0) OWNED BY items.id" }
    let tables = "\(table); \(sequences.joined(separator: "; "))"
    try await TestSite.with("sink_cut_two", tables: tables) { site in
      try await site.target.run(
        "CREATE SCHEMA sink_cut_two; \(table); \(sequences.reversed().joined(separator: "; "))")
      try await site.source.run("SELECT setval('one', 100), setval('two', 200)")
      try await CutOver.mirror(site)
      try await CutOver.run(site)
      #expect(try await Self.next(site, "one") == "101")
      #expect(try await Self.next(site, "two") == "201")
      try await site.target.run("DROP SEQUENCE two")
      let missing = try await Self.check(site)
      #expect(missing.faults == [.missingSequence("\"sink_cut_two\".\"two\"")], "\(missing)")
    }
  }

  @Test func `a sequence that is used after the copy is a fault, even within the margin`()
    async throws
  {
    try await TestSite.with("sink_cut_used", tables: Self.items) { site in
      try await site.target.run("CREATE SCHEMA sink_cut_used; \(Self.items)")
      try await CutOver.mirror(site)
      let sink = PostgresSink(site.options)
      let copy = try await sink.copySequences(from: try site.params, margin: 100)
      #expect(try await Self.check(site, after: copy).faults == [])
      try await site.source.run("SELECT nextval('items_id_seq')")
      let used = try await Self.check(site, after: copy)
      let name = "\"sink_cut_used\".\"items_id_seq\""
      #expect(used.faults == [.used(sequence: name)], "\(used)")
      #expect(try await Self.check(site).faults == [])
    }
  }

  @Test func `a published table that the sink has never written is a fault`() async throws {
    try await TestSite.with("sink_cut_late", tables: Self.items) { site in
      try await site.target.run("CREATE SCHEMA sink_cut_late; \(Self.items)")
      try await CutOver.mirror(site)
      let late = "CREATE TABLE late (id serial PRIMARY KEY)"
      try await site.source.run("\(late); ALTER PUBLICATION sink_cut_late ADD TABLE late")
      try await site.target.run(late)
      // Its sequence is looked at nevertheless.
      try await site.source.run("SELECT setval('late_id_seq', 50)")
      await #expect(throws: ExitCode.failure) { try await CutOver.run(site) }
      let check = try await Self.check(site)
      #expect(check.faults == [.unmirrored(table: "\"sink_cut_late\".\"late\"")], "\(check)")
      #expect(try await Self.next(site, "late_id_seq") == "51")
    }
  }

  @Test func `a sequence that may not be read in the target is not set`() async throws {
    try await TestSite.with("sink_cut_unread", tables: Self.items) { site in
      try await site.target.run("CREATE SCHEMA sink_cut_unread; \(Self.items)")
      try await site.source.run("INSERT INTO items SELECT FROM generate_series(1, 7)")
      try await CutOver.mirror(site)
      try await site.target.run("SELECT setval('items_id_seq', 1000)")
      try await site.target.run(
        """
        CREATE ROLE sink_cut_unread;
        GRANT USAGE ON SCHEMA sink_cut_unread, sink_cut_unread_state TO sink_cut_unread;
        GRANT SELECT ON ALL TABLES IN SCHEMA sink_cut_unread_state TO sink_cut_unread;
        GRANT UPDATE ON SEQUENCE items_id_seq TO sink_cut_unread
        """)
      var options = site.options
      options.connection += options.connection.contains("?") ? "&" : "?"
      options.connection += "options=-c%20role%3Dsink_cut_unread"
      let sink = PostgresSink(options)
      let result: (copy: SequenceCopy, check: SequenceCheck)
      do {
        let copy = try await sink.copySequences(from: try site.params)
        result = (copy, try await sink.checkSequences(from: try site.params, after: copy))
      } catch {
        try await site.target.run("DROP OWNED BY sink_cut_unread; DROP ROLE sink_cut_unread")
        throw error
      }
      try await site.target.run("DROP OWNED BY sink_cut_unread; DROP ROLE sink_cut_unread")
      #expect(result.copy.sequences == [])
      let name = "\"sink_cut_unread\".\"items_id_seq\""
      #expect(
        result.check.faults == [.unreadableInTarget(sequence: name)], "\(result.check)")
      #expect(try await Self.next(site, "items_id_seq") == "1001")
    }
  }
}

/// How sequences are compared.
@Suite struct SequenceStateTests {
  private static func sequence(
    _ state: SequenceState?, increment: Int64 = 1
  ) throws -> ServerSequence {
    let row: [String?] = [
      "owned", "1", "s", "q", "\(increment)", state == nil ? "f" : "t", "2", "s", "t", "id", "2",
      "s", "t",
    ]
    var sequence = try #require(ServerSequence.all([row]).first)
    sequence.state = state
    return sequence
  }

  private static func state(_ value: Int64, isCalled: Bool = true) -> SequenceState {
    SequenceState(value: value, isCalled: isCalled)
  }

  @Test func `the next values are compared`() throws {
    let given = try Self.sequence(Self.state(7))
    #expect(given.isBehind(Self.state(8)))
    #expect(given.isBehind(Self.state(9, isCalled: false)))
    #expect(!given.isBehind(Self.state(8, isCalled: false)))
    let falling = try Self.sequence(Self.state(-7), increment: -1)
    #expect(falling.isBehind(Self.state(-8)) && !falling.isBehind(Self.state(-6)))
  }

  @Test func `one that may not be read is neither behind nor continued`() throws {
    let hidden = try Self.sequence(nil)
    let given = try Self.sequence(Self.state(7))
    #expect(!hidden.isReadable && !hidden.isBehind(Self.state(8)))
    #expect(hidden.continuation(in: given) == nil)
  }

  @Test func `another increment continues with the next value`() throws {
    let tens = try Self.sequence(Self.state(70), increment: 10)
    let ones = try Self.sequence(Self.state(1))
    #expect(tens.continuation(in: ones) == Self.state(80, isCalled: false))
    #expect(tens.continuation(in: tens, margin: 2) == Self.state(90))
  }

  @Test func `there is no value beyond the last one`() {
    #expect(Self.state(.max).next(increment: 1) == .max)
    #expect(Self.state(.max - 1).later(by: 5, increment: 1) == Self.state(.max - 1))
  }
}
