import CDCTime
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

/// What each kind of message means, and where it may come.
@Suite struct BoundaryTests {
  typealias Encoder = PgOutputEncoder
  typealias Kind = PgOutputMessage.Kind
  typealias Place = PgOutputMessage.Place

  struct Rule: Sendable {
    let message: [UInt8]
    let places: [Place]
    let boundary: TransactionBoundary
  }

  static let anywhere: [Place] = [
    .outside, .transaction, .preparedTransaction, .streamedBlock(xid: 9),
  ]
  private static let inside = Array(anywhere.dropFirst())
  private static let (commit, end) = (LSN(rawValue: 0x100), LSN(rawValue: 0x108))
  private static let time = PostgresTimestamp(microseconds: 3)

  private static let stamp = TransactionStamp(xid: 5, commitLSN: commit, time: time)
  private static let streamed = TransactionStamp(xid: 9, commitLSN: commit, time: time)

  /// One for each kind.
  static let rules: [Kind: Rule] = [
    .begin: Rule(
      message: Encoder.begin(finalLSN: 0x100, time: 3, xid: 5), places: [.outside],
      boundary: .opens(stamp)),
    .commit: Rule(
      message: Encoder.commit(commitLSN: 0x100, endLSN: 0x108, time: 3), places: [.transaction],
      boundary: .ends(at: end, time: time)),
    .origin: Rule(
      message: Encoder.origin(commitLSN: 1, name: "o"), places: anywhere, boundary: .none),
    .relation: Rule(
      message: Encoder.relation(1, "t", [.key("id", 23)]), places: anywhere, boundary: .none),
    .type: Rule(
      message: Encoder.type(1, namespace: "n", name: "t"), places: anywhere, boundary: .none),
    .insert: Rule(message: Encoder.insert(1, new: ["1"]), places: inside, boundary: .none),
    .update: Rule(message: Encoder.update(1, new: ["1"]), places: inside, boundary: .none),
    .delete: Rule(message: Encoder.delete(1, key: ["1"]), places: inside, boundary: .none),
    .truncate: Rule(message: Encoder.truncate([1]), places: inside, boundary: .none),
    .message: Rule(
      message: Encoder.message(transactional: true, lsn: 0x100, prefix: "p", content: []),
      places: inside, boundary: .none),
    .streamStart: Rule(
      message: Encoder.streamStart(5), places: [.outside],
      boundary: (try? StreamStart(decoding: Encoder.streamStart(5).span)).map { .opensBlock($0) }
        ?? .none),
    .streamStop: Rule(
      message: Encoder.streamStop, places: [.streamedBlock(xid: 9)], boundary: .closesBlock),
    .streamCommit: Rule(
      message: Encoder.streamCommit(9, commitLSN: 0x100, endLSN: 0x108), places: [.outside],
      boundary: .endsStreamed(streamed, at: end)),
    .streamAbort: Rule(
      message: Encoder.streamAbort(9, subxid: 11), places: [.outside],
      boundary: (try? StreamAbort(decoding: Encoder.streamAbort(9, subxid: 11).span)).map {
        .aborts($0)
      } ?? .none),
    .beginPrepare: Rule(
      message: Encoder.beginPrepare(5, gid: "g", prepareLSN: 0x100, endLSN: 0x108),
      places: [.outside], boundary: .opens(stamp)),
    .prepare: Rule(
      message: Encoder.prepared("P", 5, gid: "g", lsn: 0x100, endLSN: 0x108),
      places: [.preparedTransaction], boundary: .ends(at: end, time: time)),
    .streamPrepare: Rule(
      message: Encoder.prepared("p", 9, gid: "g", lsn: 0x100, endLSN: 0x108), places: [.outside],
      boundary: .endsStreamed(streamed, at: end)),
    .commitPrepared: Rule(
      message: Encoder.prepared("K", 5, gid: "g", lsn: 0x100, endLSN: 0x108), places: [.outside],
      boundary: .point(stamp, end: end)),
    .rollbackPrepared: Rule(
      message: Encoder.rollbackPrepared(5, gid: "g", endLSN: 0x108, rollbackTime: 3),
      places: [.outside],
      boundary: .point(TransactionStamp(xid: 5, commitLSN: end, time: time), end: end)),
  ]

  /// A position in a stream in which transaction 9 has sent a block, and where one comes now.
  static func position(at place: Place) throws -> StreamPosition {
    var position = StreamPosition(checks: .everything)
    for message in [Encoder.streamStart(9), Encoder.streamStop] {
      _ = try position.read(message.span, at: .zero) { _ in }
    }
    let opening: [UInt8]? =
      switch place {
      case .outside: nil
      case .transaction: rules[.begin]?.message
      case .preparedTransaction: rules[.beginPrepare]?.message
      case .streamedBlock(let xid): Encoder.streamStart(xid, isFirst: false)
      }
    if let opening { _ = try position.read(opening.span, at: .zero) { _ in } }
    try #require(position.place == place)
    return position
  }

  /// The message as it looks there.
  static func message(_ kind: Kind, at place: Place) throws -> [UInt8] {
    let message = try #require(rules[kind]).message
    guard case .streamedBlock(let xid) = place, kind.hasXIDInBlock else { return message }
    return Encoder.inBlock(xid, message)
  }

  @Test func `every kind has a rule`() {
    #expect(Set(Self.rules.keys) == Set(Kind.allCases))
    for (kind, rule) in Self.rules {
      #expect(peek(rule.message) == kind)
      #expect((rule.boundary != .none) == (kind.canBeBoundary && kind != .message))
    }
  }

  @Test(arguments: Kind.allCases, anywhere)
  func `a message means what its rule says, where it may come`(kind: Kind, place: Place) throws {
    let rule = try #require(Self.rules[kind])
    let message = try Self.message(kind, at: place)
    var position = try Self.position(at: place)
    guard rule.places.contains(place) else {
      #expect(throws: PgOutputError.unexpectedMessage(kind, place, lsn: Self.end)) {
        if try position.read(message.span, at: Self.end, { _ in }) == nil {
          _ = try position.head(of: message.span, at: Self.end)
        }
      }
      #expect(position.place == place && !position.passesOver(message[0]))
      return
    }
    let head = try position.head(of: message.span, at: .zero)
    #expect(head.kind == kind)
    #expect(head.xid == (position.blockXID != nil && kind.hasXIDInBlock ? 9 : nil))
    #expect(head.bodyStart == (head.xid == nil ? 1 : 5))
    #expect(position.passesOver(message[0]) == !kind.canBeBoundary)
    let boundary = try position.read(message.span, at: .zero) { $0.boundary }
    #expect(boundary ?? .none == rule.boundary)
    #expect((boundary == nil) == !kind.canBeBoundary)
    let after: Place =
      switch rule.boundary {
      case .opens: kind == .begin ? .transaction : .preparedTransaction
      case .opensBlock(let start): .streamedBlock(xid: start.xid)
      case .none, .point, .aborts: place
      case .ends, .endsStreamed, .closesBlock: .outside
      }
    #expect(position.place == after)
  }

  /// Each message at every length that it can be cut to, and with a byte too many.
  @Test(arguments: Kind.allCases, anywhere)
  func `a message of another length is refused and changes nothing`(
    kind: Kind, place: Place
  ) throws {
    let rule = try #require(Self.rules[kind])
    guard rule.places.contains(place), kind.canBeBoundary else { return }
    let message = try Self.message(kind, at: place)
    var position = try Self.position(at: place)
    for length in Array(1..<message.count) + [message.count + 1] {
      let cut = Array((message + [0]).prefix(length))
      let error = #expect(throws: PgOutputError.self) {
        try position.read(cut.span, at: Self.end) { _ in }
      }
      guard case .malformed(kind, _, Self.end)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(position.place == place)
    }
    #expect(try position.read(message.span, at: .zero) { $0.boundary } == rule.boundary)
  }

  @Test func `a message outside of transactions is a point`() throws {
    let message = Encoder.message(transactional: false, lsn: 0x108, prefix: "p", content: [])
    for place in Self.anywhere {
      var position = try Self.position(at: place)
      let sent = position.blockXID.map { Encoder.inBlock($0, message) } ?? message
      let boundary = try position.read(sent.span, at: .zero) { $0.boundary }
      let stamp = TransactionStamp(xid: 0, commitLSN: Self.end, time: nil)
      #expect(boundary == .point(stamp, end: Self.end))
      #expect(boundary?.commitPosition == Self.end.predecessor)
    }
  }

  @Test func `a position that only follows accepts everything, and goes where it is led`() throws {
    for kind in Kind.allCases {
      for place in Self.anywhere {
        var position = StreamPosition(checks: .nothing)
        position.move(to: place)
        let message = try Self.message(kind, at: place)
        let boundary = try position.read(message.span, at: .zero) { $0.boundary } ?? .none
        // Of a transaction that never began an abort says nothing.
        let expected = try #require(Self.rules[kind]).boundary
        #expect(boundary == (kind == .streamAbort ? .none : expected))
        switch expected {
        case .ends, .endsStreamed, .closesBlock: #expect(position.place == .outside)
        case .opens, .opensBlock: #expect(position.place != .outside)
        case .point where kind == .commitPrepared:
          #expect(position.place == .outside)
        case .none, .point, .aborts: #expect(position.place == place)
        }
      }
    }
  }

  @Test func `a transaction is told about by what opens it, or ends its blocks`() throws {
    let expected: [(Kind, TransactionKind, xid: UInt32, isStreamed: Bool, prepareEnd: LSN?)] = [
      (.begin, .committed, 5, false, nil), (.beginPrepare, .prepared(gid: "g"), 5, false, Self.end),
      (.streamCommit, .committed, 9, true, nil),
      (.streamPrepare, .prepared(gid: "g"), 9, true, Self.end),
      (.commitPrepared, .commitPrepared(gid: "g"), 5, false, nil),
      (.rollbackPrepared, .rollbackPrepared(gid: "g"), 5, false, nil),
    ]
    for (kind, transaction, xid, isStreamed, prepareEnd) in expected {
      let rule = try #require(Self.rules[kind])
      var position = try Self.position(at: .outside)
      let found = try position.read(rule.message.span, at: .zero) { TransactionInfo($0) }
      let info = try #require(found ?? nil)
      #expect(info.kind == transaction && info.xid == xid && info.isStreamed == isStreamed)
      #expect(info.commitLSN == rule.boundary.stamp?.commitLSN && info.time == Self.time)
      #expect(info.prepareEnd == prepareEnd && info.origin == nil)
      #expect((info.outcome != nil) == [.commitPrepared, .rollbackPrepared].contains(kind))
    }
    for kind in Set(Kind.allCases).subtracting(expected.map(\.0)).subtracting([.message]) {
      let rule = try #require(Self.rules[kind])
      for place in rule.places {
        var position = try Self.position(at: place)
        let message = try Self.message(kind, at: place)
        let found = try position.read(message.span, at: .zero) { TransactionInfo($0) }
        #expect((found ?? nil) == nil)
      }
    }
  }
}
