import PGWire
import ReplicationTestKit
import Testing

@testable import ReplicationCore

/// Reads from a real socket, since that is what the reader is for.
@Suite struct SegmentReaderTests {
  /// What came of reading everything that a server sends.
  private struct Outcome {
    var batches: [[UInt8]] = []
    var mostBytesInUse = 0
  }

  private func connect(
    to server: ScriptedServer, _ interrupt: Interrupt
  ) throws -> Transport {
    let options = try server.connectionOptions()
    let addresses = try SocketAddress.all(of: options.endpoint, interrupt: interrupt, until: nil)
    let address = try #require(addresses.first)
    return try Transport.connect(to: address, options, interrupt, until: nil)
  }

  /// Reads to the end, as the stream's thread does; each batch is copied and released.
  private func readAll(
    _ bytes: [UInt8], received: Int = 0, segmentSize: Int, cutAt offsets: [Int] = []
  ) async throws -> Outcome {
    let rest = Array(bytes[received...])
    let server = try ScriptedServer([.send(rest, cutAt: offsets)], at: .unixSocket)
    let interrupt = try Interrupt()
    return try await OwnThread.run(interrupt: interrupt, failure: { $0 as any Error }) {
      let pool = SegmentPool(budget: 1 << 20, segmentSize: segmentSize, wakeReader: {})
      var transport = try connect(to: server, interrupt)
      var reader = SegmentReader(pool, received: Array(bytes[..<received]))
      var scanner = FrameScanner(limits: FrameLimits())
      var outcome = Outcome()
      while true {
        scanner.begin(at: reader.start)
        guard case .needsMore(let length) = scanner.scan(reader.segment, to: reader.filled) else {
          break
        }
        reader.expect(frameLength: length)
        if let batch = reader.takeBatch(to: scanner.position) {
          outcome.batches.append(batch.segment.withBytes(batch.range) { $0.copied() })
        }
        #expect(reader.prepare(force: false) == true)
        outcome.mostBytesInUse = max(outcome.mostBytesInUse, pool.bytesInUse)
        switch try reader.read(from: &transport) {
        case .moved: continue
        case .end: return outcome
        case .wouldBlock:
          _ = try waitUntilReady(
            transport.descriptor, for: .read, orWoken: interrupt.descriptor,
            until: .now() + .seconds(10))
        }
      }
      throw WireError.unknownTag(0)
    }
  }

  /// Messages of different sizes, a few longer than a small segment.
  private static let messages: [[UInt8]] = [10, 3000, 1, 5000, 700, 20_000, 0, 4096, 4067, 12]
    .map { Backend.xLogData(LSN(rawValue: 1), [UInt8](repeating: UInt8($0 & 0xFF), count: $0)) }

  /// Checks that these are the messages, cut only between two of them.
  private func expectMessages(
    _ batches: [[UInt8]], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      batches.flatMap(\.self) == Self.messages.flatMap(\.self), sourceLocation: sourceLocation)
    var ends: Set<Int> = []
    for message in Self.messages { ends.insert((ends.max() ?? 0) + message.count) }
    var position = 0
    for batch in batches {
      position += batch.count
      #expect(ends.contains(position), sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: [1 << 12, 1 << 13, 1 << 18])
  func `hands over whole messages, whatever a segment holds`(segmentSize: Int) async throws {
    let bytes = Self.messages.flatMap(\.self)
    let outcome = try await readAll(bytes, segmentSize: segmentSize)
    expectMessages(outcome.batches)
  }

  @Test func `carries a partial message on, wherever it is cut`() async throws {
    let bytes = Self.messages.flatMap(\.self)
    let cuts = stride(from: 13, to: bytes.count, by: 997)
    let outcome = try await readAll(bytes, segmentSize: 1 << 12, cutAt: Array(cuts))
    expectMessages(outcome.batches)
  }

  @Test(arguments: [0, 1, 4, 5, 6, 34, 35, 40, 3000])
  func `starts with what was received before`(count: Int) async throws {
    let bytes = Self.messages.flatMap(\.self)
    let outcome = try await readAll(bytes, received: count, segmentSize: 1 << 12)
    expectMessages(outcome.batches)
  }

  @Test func `holds no more than two segments when nobody else does`() async throws {
    let small = Backend.xLogData(LSN(rawValue: 1), [UInt8](repeating: 7, count: 500))
    let outcome = try await readAll(
      Array(repeating: small, count: 1000).flatMap(\.self), segmentSize: 1 << 13)
    #expect(outcome.batches.map(\.count).reduce(0, +) == 1000 * small.count)
    #expect(outcome.mostBytesInUse <= 2 << 13)
  }

  /// What a peer claims to send takes no memory; what it has sent takes twice as much at most.
  @Test(arguments: [0, 100, 5000, 1_000_000, 5_000_000])
  func `takes memory for what has arrived, not for what is claimed`(count: Int) async throws {
    var bytes = Array(Backend.xLogData(LSN(rawValue: 1), [1]))
    bytes += [UInt8(ascii: "d"), 0x40, 0, 0, 0] + [UInt8](repeating: 7, count: count)
    let server = try ScriptedServer([.send(bytes)], at: .unixSocket)
    let interrupt = try Interrupt()
    try await OwnThread.run(interrupt: interrupt, failure: { $0 as any Error }) { [bytes] in
      let pool = SegmentPool(budget: 1 << 16, segmentSize: 1 << 14, wakeReader: {})
      var transport = try connect(to: server, interrupt)
      var reader = SegmentReader(pool, received: [])
      var scanner = FrameScanner(limits: FrameLimits())
      var arrived = 0
      while true {
        #expect(reader.prepare(force: false) == true)
        #expect(pool.bytesTaken <= 2 * arrived + (1 << 14) + (1 << 16))
        switch try reader.read(from: &transport) {
        case .end:
          #expect(arrived == bytes.count)
          return
        case .wouldBlock:
          _ = try waitUntilReady(
            transport.descriptor, for: .read, orWoken: interrupt.descriptor,
            until: .now() + .seconds(10))
        case .moved(let count):
          arrived += count
          scanner.begin(at: reader.start)
          if case .needsMore(let length) = scanner.scan(reader.segment, to: reader.filled) {
            reader.expect(frameLength: length)
          }
          _ = reader.takeBatch(to: scanner.position)
        }
      }
    }
  }

  @Test(arguments: [true, false])
  func `a message far above the budget comes whole, and its memory goes`(
    isHeld: Bool
  ) async throws {
    let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    let small = Backend.xLogData(LSN(rawValue: 1), [1, 2, 3])
    let bytes = small + Backend.xLogData(LSN(rawValue: 2), content) + small
    let server = try ScriptedServer([.send(bytes)], at: .unixSocket)
    let interrupt = try Interrupt()
    try await OwnThread.run(interrupt: interrupt, failure: { $0 as any Error }) {
      let pool = SegmentPool(budget: 1 << 16, segmentSize: 1 << 14, wakeReader: {})
      var transport = try connect(to: server, interrupt)
      var reader = SegmentReader(pool, received: [])
      var scanner = FrameScanner(limits: FrameLimits())
      var held: Batch?
      var seen: [UInt8] = []
      var isOver = false
      while !isOver {
        // The first batch is kept while the long message begins.
        if !reader.prepare(force: isHeld) { break }
        switch try reader.read(from: &transport) {
        case .end: isOver = true
        case .wouldBlock:
          _ = try waitUntilReady(
            transport.descriptor, for: .read, orWoken: interrupt.descriptor,
            until: .now() + .seconds(10))
        case .moved:
          scanner.begin(at: reader.start)
          if case .needsMore(let length) = scanner.scan(reader.segment, to: reader.filled) {
            reader.expect(frameLength: length)
          }
          if let batch = reader.takeBatch(to: scanner.position) {
            seen += batch.segment.withBytes(batch.range) { $0.copied() }
            if isHeld, held == nil { held = batch }
          }
        }
      }
      #expect(seen == bytes)
      held = nil
      // A large piece is not kept behind the budget's back.
      reader = SegmentReader(pool, received: [])
      #expect(pool.bytesTaken <= 1 << 16)
    }
  }

  @Test func `stops at its budget and continues when memory comes back`() async throws {
    let small = Backend.xLogData(LSN(rawValue: 1), [UInt8](repeating: 7, count: 1000))
    let bytes = Array(repeating: small, count: 60).flatMap(\.self)
    let server = try ScriptedServer([.send(bytes), .awaitEnd()], at: .unixSocket)
    let interrupt = try Interrupt()
    try await OwnThread.run(interrupt: interrupt, failure: { $0 as any Error }) {
      let pool = SegmentPool(budget: 1 << 14, segmentSize: 1 << 12) { interrupt.wake() }
      var transport = try connect(to: server, interrupt)
      var reader = SegmentReader(pool, received: [])
      var scanner = FrameScanner(limits: FrameLimits())
      var held: [Batch] = []
      var total = 0
      var stops = 0
      while total < bytes.count {
        guard reader.prepare(force: false) else {
          stops += 1
          #expect(pool.bytesInUse <= (1 << 14) + (1 << 13))
          held = []
          #expect(
            try waitUntilReady(-1, for: [], orWoken: interrupt.descriptor, until: nil).woken)
          interrupt.drain()
          continue
        }
        switch try reader.read(from: &transport) {
        case .end: throw TransportError.closedByServer
        case .wouldBlock:
          _ = try waitUntilReady(
            transport.descriptor, for: .read, orWoken: interrupt.descriptor,
            until: .now() + .seconds(10))
        case .moved:
          scanner.begin(at: reader.start)
          if case .needsMore(let length) = scanner.scan(reader.segment, to: reader.filled) {
            reader.expect(frameLength: length)
          }
          if let batch = reader.takeBatch(to: scanner.position) {
            total += batch.range.count
            held.append(batch)
          }
        }
      }
      #expect(stops > 1)
    }
    server.stop()
  }
}
