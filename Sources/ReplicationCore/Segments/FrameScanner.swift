internal import PGOutput
internal import PGWire

/// Finds where messages begin and end in a segment, as fast as it can be done.
///
/// Nearly all of a stream is `CopyData` with XLogData inside. Those are only skipped and counted;
/// at any other message the scan stops, so that the stream's thread deals with it.
struct FrameScanner {
  /// Why a scan stopped.
  enum Stop {
    /// The next message is not complete; this number of bytes from its start is needed to continue.
    case needsMore(frameLength: Int)
    /// A complete message other than XLogData; `end` is where the next one begins.
    case message(tag: UInt8, body: Range<Int>, end: Int)
    case invalid(WireError)
  }

  /// XLogData frames stepped over since the stream began.
  private(set) var messages = 0
  /// The highest position in the headers of the messages that can be acknowledged.
  private(set) var highest: UInt64 = 0
  /// Which messages can be acknowledged; `nil` if all can.
  private var acknowledgeable: AcknowledgeableMessages?
  /// Where the first message begins that was not stepped over.
  private(set) var position = 0
  private let limits: FrameLimits

  /// - Parameter acknowledgeable: Which of the plugin's messages can be acknowledged; all of them
  ///   by default.
  init(limits: FrameLimits, acknowledgeable: AcknowledgeableMessages? = nil) {
    self.limits = limits
    self.acknowledgeable = acknowledgeable
  }

  /// The bytes have moved: the next message now begins at `position`.
  mutating func begin(at position: Int) {
    self.position = position
  }

  /// Continues from ``position`` to `end`, where the received bytes end.
  mutating func scan(_ segment: Segment, to end: Int) -> Stop {
    let copyData = UInt8(ascii: "d")
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
      let content = position + FrameHeader.size..<position + frameLength
      guard tag == copyData, segment.withBytes(content, { takeXLogData($0) }) else {
        return .message(tag: tag, body: content, end: content.upperBound)
      }
      messages += 1
      position += frameLength
    }
  }

  /// Records the position of a `CopyData` if it is XLogData.
  @inline(__always)
  private mutating func takeXLogData(_ content: Span<UInt8>) -> Bool {
    guard XLogDataHeader.isWhole(content) else { return false }
    let isAcknowledgeable =
      content.count == XLogDataHeader.size
      || acknowledgeable?.includes(content[XLogDataHeader.size]) ?? true
    if isAcknowledgeable { highest = max(highest, XLogDataHeader.start(of: content).rawValue) }
    return true
  }

  /// Steps over the message that the scan stopped at.
  mutating func skip(to end: Int) {
    position = end
  }
}
