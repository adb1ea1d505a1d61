import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import TestSupport
import Testing

/// Random streams with every kind of message in every place: the readers of a stream agree.
@Suite struct GeneratedStreamTests {
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `all readers agree on every message, allowed or not`(seed: UInt64) throws {
    var stream = GeneratedStream(seed: seed)
    var readers = Readers()
    for _ in 0..<2000 {
      let (message, isValid) = stream.next()
      let accepted = try readers.take(message)
      #expect(accepted || !isValid, "\(message)")
      if accepted { stream.accepted(readers.boundary, readers.position.place) }
    }
    #expect(readers.seen.count == PgOutputMessage.Kind.allCases.count)
    #expect(readers.refused.count == PgOutputMessage.Kind.allCases.filter(\.hasPlace).count)
  }
}

extension PgOutputMessage.Kind {
  /// Whether there are places where it can't come.
  fileprivate var hasPlace: Bool { ![.relation, .type, .origin].contains(self) }
}

/// The readers of a stream's structure, side by side.
private struct Readers {
  var position = StreamPosition(checks: .everything)
  private var decoder = PgOutputDecoder(checks: .everything)
  private var skimmer = PgOutputDecoder(checks: .everything)
  private var acknowledgeable = AcknowledgeableMessages()
  private(set) var boundary = TransactionBoundary.none
  private(set) var seen: Set<PgOutputMessage.Kind> = []
  private(set) var refused: Set<PgOutputMessage.Kind> = []

  /// - Returns: Whether the message was accepted.
  mutating func take(_ message: [UInt8]) throws -> Bool {
    let kind = try #require(peek(message))
    let (place, passes) = (position.place, position.passesOver(message[0]))
    let at = LSN(rawValue: 1)
    let decoded = Result { () throws(PgOutputError) in
      try decoder.decode(message.span, at: at) { $0.boundary }
    }
    let skimmed = Result { () throws(PgOutputError) in try skimmer.skim(message.span, at: at) }
    let read = Result { () throws(PgOutputError) -> TransactionBoundary in
      let head = try position.head(of: message.span, at: at)
      #expect(head == (try? skimmed.get().0) || skimmed.error != nil)
      return try position.read(message.span, at: at) { $0.boundary } ?? .none
    }
    #expect(decoded.error == read.error, "\(message)")
    #expect(skimmed.error == read.error)
    #expect(decoder.place == position.place && skimmer.place == position.place)
    guard case .success(let boundary) = read else {
      #expect(position.place == place)
      #expect(!passes)
      refused.insert(kind)
      return false
    }
    #expect(try decoded.get() == boundary && skimmed.get().1 == boundary)
    #expect(passes == !kind.canBeBoundary)
    // A part of a block, its frame and a rollback have no position of their own.
    let isOutside = place == .outside && position.place == .outside || place.isWhole
    let counts = (isOutside || position.place.isWhole) && kind != .streamAbort
    #expect(acknowledgeable.includes(message[0]) == counts)
    self.boundary = boundary
    seen.insert(kind)
    return true
  }
}

extension PgOutputMessage.Place {
  fileprivate var isWhole: Bool { self == .transaction || self == .preparedTransaction }
}

extension Result {
  fileprivate var error: Failure? { if case .failure(let error) = self { error } else { nil } }
}

/// Messages that a server might send next, and some that none would.
private struct GeneratedStream {
  typealias Encoder = PgOutputEncoder

  private var random: RepeatableGenerator
  private var place = PgOutputMessage.Place.outside
  private var streamed: Set<UInt32> = []
  private var lsn: UInt64 = 0x100
  private var xid: UInt32 = 100
  private var isAnnounced = false

  init(seed: UInt64) {
    random = RepeatableGenerator(seed: seed)
  }

  /// The next message, and whether it can come where the stream stands.
  mutating func next() -> (message: [UInt8], isValid: Bool) {
    guard !isAnnounced else {
      let kind = PgOutputMessage.Kind.allCases.randomElement(using: &random) ?? .begin
      return (message(kind), isValid(kind))
    }
    // Changes need a relation.
    isAnnounced = true
    return (Encoder.relation(1, "t", [.key("id", 23)]), true)
  }

  mutating func accepted(_ boundary: TransactionBoundary, _ place: PgOutputMessage.Place) {
    self.place = place
    switch boundary {
    case .opensBlock(let start): streamed.insert(start.xid)
    case .endsStreamed(let info, _): streamed.remove(info.xid)
    case .aborts(let abort): if abort.isWhole { streamed.remove(abort.xid) }
    case .ends, .point: break
    case .none, .opens, .closesBlock: return
    }
    lsn += 0x10
  }

  private func isValid(_ kind: PgOutputMessage.Kind) -> Bool {
    switch kind {
    case .relation, .type, .origin: true
    case .insert, .update, .delete, .truncate, .message: place != .outside
    case .commit: place == .transaction
    case .prepare: place == .preparedTransaction
    case .streamStop: place != .outside && place != .transaction && place != .preparedTransaction
    case .streamCommit, .streamPrepare: place == .outside && !streamed.isEmpty
    default: place == .outside
    }
  }

  private mutating func message(_ kind: PgOutputMessage.Kind) -> [UInt8] {
    let ended = streamed.sorted().randomElement(using: &random) ?? 9
    xid += 1
    switch kind {
    case .begin: return Encoder.begin(finalLSN: lsn, time: 3, xid: xid)
    case .commit: return Encoder.commit(commitLSN: lsn, endLSN: lsn + 8, time: 3)
    case .beginPrepare: return Encoder.beginPrepare(xid, gid: "g", prepareLSN: lsn, endLSN: lsn + 8)
    case .prepare: return Encoder.prepared("P", xid, gid: "g", lsn: lsn, endLSN: lsn + 8)
    case .commitPrepared: return Encoder.prepared("K", xid, gid: "g", lsn: lsn, endLSN: lsn + 8)
    case .rollbackPrepared: return Encoder.rollbackPrepared(xid, gid: "g", endLSN: lsn)
    case .streamStart:
      guard Bool.random(using: &random), !streamed.isEmpty else { return Encoder.streamStart(xid) }
      return Encoder.streamStart(ended, isFirst: false)
    case .streamStop: return Encoder.streamStop
    case .streamCommit: return Encoder.streamCommit(ended, commitLSN: lsn, endLSN: lsn + 8)
    case .streamPrepare: return Encoder.prepared("p", ended, gid: "g", lsn: lsn, endLSN: lsn + 8)
    case .streamAbort:
      return Encoder.streamAbort(ended, subxid: Bool.random(using: &random) ? ended : xid)
    default: return inPlace(content(kind))
    }
  }

  private func content(_ kind: PgOutputMessage.Kind) -> [UInt8] {
    switch kind {
    case .origin: Encoder.origin(commitLSN: 1, name: "o")
    case .relation: Encoder.relation(1, "t", [.key("id", 23)])
    case .type: Encoder.type(1, namespace: "n", name: "t")
    case .update: Encoder.update(1, new: ["1"])
    case .delete: Encoder.delete(1, key: ["1"])
    case .truncate: Encoder.truncate([1])
    case .message: Encoder.message(transactional: true, lsn: lsn, prefix: "p", content: [])
    default: Encoder.insert(1, new: ["1"])
    }
  }

  private func inPlace(_ message: [UInt8]) -> [UInt8] {
    guard case .streamedBlock(let xid) = place, peek(message)?.hasXIDInBlock == true else {
      return message
    }
    return Encoder.inBlock(xid, message)
  }
}
