import PGWire

@testable import ReplicationTestKit

// Recordings, and how they are played.
//
//     input  repeats 1, then the file

func fuzzRecording(_ input: [UInt8]) {
  guard let first = input.first else { return }
  let recording: Recording
  do throws(RecordingError) {
    recording = try Recording(Array(input.dropFirst()))
  } catch {
    precondition(!"\(error)".isEmpty)
    return
  }
  var frames = 0
  try? recording.forEachFrame { _ in frames += 1 }
  for repeats in [Int(first), Int.max, Int.min] {
    let track = ReplayTrack(recording, repeats: max(repeats, 1))
    precondition(track.frames == frames)
    let total = track.totalBytes
    precondition(total >= recording.frames.count)
    for count in [0, 1, total / 2, total, Int.max] {
      let (whole, end) = track.frames(within: count)
      precondition(whole >= 0 && end >= 0)
    }
  }
  // A header that was read is one that is read again.
  guard !recording.header.plugin.isEmpty,
    let again = try? Recording(recording.header.encoded + recording.frames)
  else { return }
  precondition(again.frames == recording.frames)
}

#if FUZZING
  @c(LLVMFuzzerTestOneInput)
  public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    fuzzRecording([UInt8](UnsafeBufferPointer(start: data, count: count)))
    return 0
  }
#endif
