@testable import PGOutput
@testable import PGWire
@testable import ReplicationCore

// What lies between the socket and `recv()`: boundaries, segments and events.
//
//     input  flags 1, then the bytes of a stream; flag 1: stop at a position, flag 2: not decoded,
//            flag 4: another plugin's

func fuzzStream(_ input: [UInt8]) {
  guard let flags = input.first, var params = anyParams else { return }
  params.stopAt = flags & 1 == 0 ? nil : LSN(rawValue: 0x153_0000)
  params.decodesTransactions = flags & 2 == 0
  params.plugin = flags & 4 == 0 ? "pgoutput" : "test_decoding"
  params.deliversKeepAlives = true
  let pool = SegmentPool(budget: 1 << 20, segmentSize: 1, wakeReader: {})
  // As long as the input, so that a read beyond it is found.
  let segment = pool.take(atLeast: input.count - 1)
  let bytes = input[1...]
  segment.write(bytes.span, at: 0)
  var scanner = FrameScanner(
    limits: FrameLimits(),
    acknowledgeable: params.plugin == "pgoutput" ? AcknowledgeableMessages() : nil)
  scanner.begin(at: 0)
  scan(&scanner, segment, to: input.count - 1)
  let mailbox = Mailbox(readAhead: 1 << 20, wakeReader: {})
  var cursor = EventCursor(params, from: mailbox, StreamCounters())
  cursor.refill([Batch(segment: segment, range: 0..<scanner.position)])
  do throws(ReplicationError) {
    while let event = try cursor.next() {
      if case .xLogData(let data) = event { precondition(data.payload.bytes().count >= 0) }
    }
  } catch {
    precondition(!error.description.isEmpty)
  }
}

private let anyParams = try? ReplicationParams(
  url: "postgresql://u@h/d", slot: "s", publications: ["p"])

/// Continues as the stream's thread does: what is no XLogData is decoded before it is handed over.
private func scan(_ scanner: inout FrameScanner, _ segment: Segment, to end: Int) {
  while case .message(let tag, let body, let next) = scanner.scan(segment, to: end) {
    do throws(WireError) {
      try segment.withBytes(body) { bytes throws(WireError) in
        if tag == UInt8(ascii: "d") { try CopyBothFrame.decode(bytes) { _ in } }
        try BackendMessage.decode(tag: tag, bytes) { _ in }
      }
    } catch {
      return
    }
    scanner.skip(to: next)
  }
}

#if FUZZING
  @c(LLVMFuzzerTestOneInput)
  public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    fuzzStream([UInt8](UnsafeBufferPointer(start: data, count: count)))
    return 0
  }
#endif
