import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import TestSupport
import Testing

@testable import ChangeFormats

/// How long a line may become, and what the error says.
@Suite struct LineLimitTests {
  typealias Encoder = PgOutputEncoder

  private static func options(_ maxLineBytes: Int) -> JSONLineFormat.Options {
    var options = JSONLineFormat.Options()
    options.maxLineBytes = maxLineBytes
    return options
  }

  private static let table = Encoder.relation(
    7, "t", [.key("id", 23), .init("a", 25), .init("b", 25), .init("n", 1231)])

  /// An array with `count` numerics of 1e131071.
  private static func numerics(_ count: Int) -> Encoder.Column {
    func number(_ value: Int) -> [UInt8] {
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
    let item = number(10) + [0, 1, 0x7F, 0xFF, 0, 0, 0, 0, 0x03, 0xE8]
    return .binary(
      [1, 0, 1700, count, 1].flatMap { number($0) } + (0..<count).flatMap { _ in item })
  }

  @Test func `a line beyond the limit is an error that names all there is to know`() throws {
    var lines = try Lines(options: Self.options(200), after: Self.table)
    let short = Encoder.Column.text([UInt8](repeating: 0x61, count: 60))
    #expect(try lines.next(Encoder.insert(7, new: ["1", short, nil, nil])).utf8.count < 200)
    let error = #expect(throws: FormatError.self) {
      try lines.next(Encoder.insert(7, new: ["1", short, short, nil]))
    }
    #expect(
      error
        == .value(
          .tooLong(limit: 200), table: "public.t", column: "b", type: "text",
          lsn: LSN(rawValue: 0x1A2_B300)))
    #expect(
      error?.description
        == "change at 0/1A2B300: column b of public.t, of type text, makes a line of more than 200 "
        + "bytes; raise maxLineBytes, or leave the column out of the publication (server "
        + "15)")
    // The next line has all of the limit again.
    #expect(try lines.next(Encoder.insert(7, new: ["1", short, nil, nil])).utf8.count < 200)
  }

  @Test func `escapes count`() throws {
    var lines = try Lines(options: Self.options(200), after: Self.table)
    let control = Encoder.Column.text([UInt8](repeating: 1, count: 30))
    #expect(throws: FormatError.self) {
      try lines.next(Encoder.insert(7, new: ["1", control, nil, nil]))
    }
  }

  @Test func `a value in binary is stopped while its text is made`() async throws {
    for limit in [nil, 1 << 20] as [Int?] {
      let error = try await offPool { () throws -> FormatError? in
        var options = JSONLineFormat.Options()
        options.maxLineBytes = limit
        var lines = try Lines(options: options, after: Self.table)
        do throws(FormatError) {
          _ = try lines.next(Encoder.insert(7, new: ["1", nil, nil, Self.numerics(4000)]))
          return nil
        } catch {
          return error
        }
      }
      guard case .value(.tooLong(let found), "public.t", "n", "numeric[]", _) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(limit.map { found == $0 } ?? (found >= ValueTextLimit.defaultBytes))
      #expect(found < 70 << 20)
    }
  }

  @Test func `a line without a limit of its own may be eight times what was sent, and 64 MiB`() {
    var budget = LineBudget(start: 100, JSONLineFormat.Options())
    #expect(budget.room(after: 150) == (64 << 20) - 50)
    budget.note(1 << 30)
    #expect(budget.limit == (64 << 20) + (8 << 30))
    budget.note(.max)
    #expect(budget.limit == .max)
    var fixed = LineBudget(start: 0, Self.options(10))
    fixed.note(1000)
    #expect(fixed.limit == 10)
  }
}
