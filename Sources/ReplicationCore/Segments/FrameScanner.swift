internal import PGWire

/// Finds where messages begin and end in a segment, as fast as it can be done.
///
/// Nearly all of a stream is `CopyData` with XLogData inside. Those are only stepped over and
/// counted; at any other message the scan stops, so that the stream's thread deals with it.
struct FrameScanner {
  /// Why a scan stopped.
  enum Stop {
    /// The next message is not complete; so many bytes from its start are needed to go on.
    case needsMore(frameLength: Int)
    /// A complete message other than XLogData; `end` is where the next one begins.
    case message(tag: UInt8, body: Range<Int>, end: Int)
    case invalid(WireError)
  }

  /// XLogData frames stepped over since the stream began.
  private(set) var messages = 0
  /// The highest position in the headers of those that can be acknowledged.
  private(set) var highest: UInt64 = 0
  /// Whether a block of a streamed transaction is open, which is not to be acknowledged by itself.
  private var isInBlock = false
  /// Where the first message begins that was not stepped over.
  private(set) var position = 0
  private let limits: FrameLimits
  private let isPgOutput: Bool

  /// - Parameter isPgOutput: Whether the plugin's messages are pgoutput's.
  init(limits: FrameLimits, isPgOutput: Bool = true) {
    self.limits = limits
    self.isPgOutput = isPgOutput
  }

  /// The bytes have moved: the next message now begins at `position`.
  mutating func begin(at position: Int) {
    self.position = position
  }

  /// Goes on from ``position`` to `end`, which is where the received bytes end.
  mutating func scan(_ segment: Segment, to end: Int) -> Stop {
    let copyData = UInt8(ascii: "d")
    let xLogData = UInt8(ascii: "w")
    while true {
      let available = end - position
      guard available >= FrameHeader.size else { return .needsMore(frameLength: FrameHeader.size) }
      let tag = segment.byte(at: position)
      let length = Int(Int32(bitPattern: segment.uint32(at: position + 1)))
      let limit = tag == copyData ? limits.maximumLength : limits.afterStartup(tag: tag)
      guard length >= 4, length <= limit else {
        return .invalid(.invalidLength(tag: tag, length: Int64(length), limit: Int64(limit)))
      }
      let frameLength = length + 1
      guard frameLength <= available else { return .needsMore(frameLength: frameLength) }
      let body = position + FrameHeader.size
      guard tag == copyData, length >= 4 + CopyBothFrame.xLogDataHeaderSize,
        segment.byte(at: body) == xLogData
      else {
        return .message(
          tag: tag, body: body..<position + frameLength, end: position + frameLength)
      }
      if !isPgOutput || canBeAcknowledged(segment, body, length) {
        highest = max(highest, segment.uint64(at: body + 1))
      }
      messages += 1
      position += frameLength
    }
  }

  /// Whether a message of pgoutput has a position that a consumer may come to acknowledge.
  ///
  /// What a streamed transaction has in its blocks has none until it ends: after a new start of the
  /// stream it is all sent again. Nor has a rollback.
  @inline(__always)
  private mutating func canBeAcknowledged(
    _ segment: Segment, _ body: Int, _ length: Int
  ) -> Bool {
    guard length > 4 + CopyBothFrame.xLogDataHeaderSize else { return true }
    switch segment.byte(at: body + CopyBothFrame.xLogDataHeaderSize) {
    case UInt8(ascii: "S"): isInBlock = true
    case UInt8(ascii: "E"):
      isInBlock = false
      return false
    case UInt8(ascii: "A"): return false
    default: break
    }
    return !isInBlock
  }

  /// Steps over the message that the scan stopped at.
  mutating func skip(to end: Int) {
    position = end
  }
}
