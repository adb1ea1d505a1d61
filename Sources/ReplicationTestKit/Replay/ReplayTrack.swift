internal import CDCTime
internal import PGWire

/// A recording made ready for playing: its bytes, and where frames begin in them.
struct ReplayTrack: Sendable {
  /// The frames of one pass.
  let bytes: [UInt8]
  let repeats: Int
  let serverVersion: String
  /// Frames of one pass.
  private(set) var frames = 0
  private(set) var lastLSN = LSN.zero
  /// Beginnings of frames, one for about a megabyte, so that no search has to begin at the start.
  private var marks: [Mark] = [Mark(offset: 0, frame: 0)]

  private struct Mark {
    let offset: Int
    let frame: Int
  }

  private static let markDistance = 1 << 20

  init(_ recording: Recording, repeats: Int) {
    bytes = recording.frames
    self.repeats = bytes.isEmpty ? 0 : repeats
    serverVersion = recording.header.serverVersion
    var offset = 0
    while let end = Self.endOfFrame(at: offset, in: bytes.span) {
      if let lsn = Self.position(in: bytes.span, offset..<end) { lastLSN = max(lastLSN, lsn) }
      offset = end
      frames += 1
      if let mark = marks.last, offset - mark.offset >= Self.markDistance {
        marks.append(Mark(offset: offset, frame: frames))
      }
    }
  }

  /// Bytes of all passes; the greatest number if they are more, which no client reaches.
  var totalBytes: Int { bytes.count.multipliedSaturating(by: repeats) }

  /// How many frames are whole in the first `count` bytes, and where the last begun one ends.
  func frames(within count: Int) -> (whole: Int, end: Int) {
    guard !bytes.isEmpty else { return (0, 0) }
    let (passes, rest) = count.quotientAndRemainder(dividingBy: bytes.count)
    guard let mark = marks.last(where: { $0.offset <= rest }) else { return (0, 0) }
    var (offset, frame) = (mark.offset, mark.frame)
    while offset < rest, let end = Self.endOfFrame(at: offset, in: bytes.span) {
      if end <= rest { frame += 1 }
      offset = end
    }
    return (passes * frames + frame, count.addingSaturating(offset - rest))
  }

  private static func endOfFrame(at offset: Int, in bytes: Span<UInt8>) -> Int? {
    guard offset + FrameHeader.size <= bytes.count else { return nil }
    var length = 0
    for index in 1..<FrameHeader.size { length = length << 8 | Int(bytes[offset + index]) }
    let end = offset + 1 + length
    return end <= bytes.count ? end : nil
  }

  /// The position in the header of an XLogData or a keepalive.
  private static func position(in bytes: Span<UInt8>, _ frame: Range<Int>) -> LSN? {
    let content = bytes.extracting(frame.lowerBound + FrameHeader.size..<frame.upperBound)
    return try? CopyBothFrame.decode(content) { frame in
      switch frame {
      case .xLogData(let start, let end, _, _): max(start, end)
      case .keepAlive(let walEnd, _, _): walEnd
      }
    }
  }
}
