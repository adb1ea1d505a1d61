internal import PGOutput
internal import PGWire

/// One `CopyData` of the stream, where it was received.
///
/// The stream's thread has checked it: it is a whole XLogData or keepalive.
struct ReceivedFrame {
  let segment: Segment
  /// Its content, without tag and length; never empty.
  let content: Range<Int>

  @inline(__always) var isXLogData: Bool {
    segment.byte(at: content.lowerBound) == XLogDataHeader.letter
  }

  /// Where the plugin's message lies in XLogData.
  @inline(__always) var message: Range<Int> {
    content.lowerBound + XLogDataHeader.size..<content.upperBound
  }

  /// The plugin's message in XLogData.
  @inline(__always) var payload: Payload { Payload(segment, message) }

  /// The first byte of the plugin's message, if it has one.
  @inline(__always) var payloadLetter: UInt8? {
    guard content.count > XLogDataHeader.size else { return nil }
    return segment.byte(at: content.lowerBound + XLogDataHeader.size)
  }

  /// XLogData as a value that can be kept.
  @inline(__always) var xLogData: XLogData? {
    guard let header = segment.withBytes(content, { XLogDataHeader($0) }) else { return nil }
    return XLogData(
      start: header.start, end: header.end, sentAt: header.sentAt, payload: payload)
  }

  var keepAlive: KeepAlive? {
    segment.withBytes(content) { bytes in
      try? CopyBothFrame.decode(bytes) { KeepAlive($0) }
    }
  }

  /// Passes the plugin's message and its position, if it is XLogData.
  func withMessage<R, Failure>(
    _ body: (Span<UInt8>, LSN) throws(Failure) -> R
  ) throws(Failure) -> R? {
    try segment.withBytes(content) { (bytes) throws(Failure) -> R? in
      guard XLogDataHeader.isWhole(bytes) else { return nil }
      return try body(
        bytes.extracting(droppingFirst: XLogDataHeader.size), XLogDataHeader.start(of: bytes))
    }
  }
}
