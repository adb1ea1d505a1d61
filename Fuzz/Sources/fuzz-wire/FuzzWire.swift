@testable import PGWire

// Frames and messages of the server.
//
//     input  flags 1, then the bytes of a session; flag 1: they come in two pieces, flag 2: before
//            the server has accepted us

func fuzzWire(_ input: [UInt8]) {
  guard let flags = input.first else { return }
  var frames = FrameDecoder()
  frames.believesLongMessages = flags & 2 == 0
  var machine = CopyBothMachine()
  let bytes = input.dropFirst()
  let cut = flags & 1 == 0 ? bytes.endIndex : bytes.startIndex + bytes.count / 2
  for piece in [bytes[..<cut], bytes[cut...]] {
    frames.append(piece)
    do throws(WireError) {
      while try decodeNext(&frames, &machine) {}
    } catch {
      precondition(!error.description.isEmpty)
      return
    }
  }
  precondition(frames.pendingCount <= input.count)
}

private func decodeNext(
  _ frames: inout FrameDecoder, _ machine: inout CopyBothMachine
) throws(WireError) -> Bool {
  try frames.next { (tag, body) throws(WireError) -> Bool in
    try BackendMessage.decode(tag: tag, body) { (message) throws(WireError) -> Bool in
      switch message {
      case .copyData(let content): try CopyBothFrame.decode(content) { _ in }
      case .error(let error), .notice(let error): precondition(!"\(error)".isEmpty)
      default: break
      }
      _ = machine.receive(message)
      return true
    }
  } ?? false
}

#if FUZZING
  @c(LLVMFuzzerTestOneInput)
  public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    fuzzWire([UInt8](UnsafeBufferPointer(start: data, count: count)))
    return 0
  }
#endif
