@testable import PGWire
@testable import ReplicationCore

// Checkpoints as text, with a checksum that fits: all else is refused before it is read.
//
//     input  flags 1, then a text; flag 1: the checksum is the input's own

func fuzzCheckpoint(_ input: [UInt8]) {
  guard let flags = input.first else { return }
  var text = Array(input.dropFirst())
  if flags & 1 == 0 {
    if text.last != UInt8(ascii: "\n") { text.append(UInt8(ascii: "\n")) }
    guard let sum = try? Digest.sha256(text.span) else { return }
    let digits = Array("0123456789abcdef".utf8)
    text += Array("sha256 ".utf8)
    for byte in sum { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    text.append(UInt8(ascii: "\n"))
  }
  let checkpoint: Checkpoint
  do throws(ReplicationError) {
    checkpoint = try Checkpoint(encoded: text)
  } catch {
    precondition(!"\(error)".isEmpty && !"\(error)".unicodeScalars.contains(where: \.isUnseen))
    return
  }
  // What was read can be written, unless there is in it what is never written.
  guard let again = try? checkpoint.encoded() else { return }
  precondition((try? Checkpoint(encoded: again)) == checkpoint)
}

#if FUZZING
  @c(LLVMFuzzerTestOneInput)
  public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    fuzzCheckpoint([UInt8](UnsafeBufferPointer(start: data, count: count)))
    return 0
  }
#endif
