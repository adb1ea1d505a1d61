/// Cuts the bytes of a session into messages and keeps what is not complete yet.
///
/// Bytes may arrive in any pieces. Nothing is lost when a wait between two pieces is given up: the
/// partial message stays here.
package struct FrameDecoder: Sendable {
  private var inbox: [UInt8] = []
  private var start = 0

  /// Set once startup is over; until then only short messages are accepted.
  package var believesLongMessages = false
  package let limits: FrameLimits

  package init(limits: FrameLimits = FrameLimits()) {
    self.limits = limits
  }

  /// Bytes held that no message has used up.
  package var pendingCount: Int { inbox.count - start }

  /// Adds bytes as they came.
  package mutating func append(_ bytes: ArraySlice<UInt8>) {
    compact()
    inbox += bytes
  }

  /// Passes the next complete message to `body`, then drops it.
  ///
  /// - Returns: What `body` returns, or `nil` if more bytes are needed.
  /// - Throws: ``WireError`` for a length that can't be, or what `body` throws.
  package mutating func next<R>(
    _ body: (_ tag: UInt8, _ body: Span<UInt8>) throws(WireError) -> R
  ) throws(WireError) -> R? {
    guard let header = try nextHeader() else { return nil }
    let result = try lend(header, body)
    drop(header.frameLength)
    return result
  }

  /// Passes the next complete message to `judge`, then moves its body to the end of `data` if it is
  /// wanted, and drops it.
  ///
  /// A long body is not copied: the memory that it was received into becomes the caller's.
  ///
  /// - Returns: What `judge` returns, or `nil` if more bytes are needed.
  /// - Throws: ``WireError`` for a length that can't be, or what `judge` throws.
  package mutating func next<R>(
    into data: inout [UInt8],
    _ judge: (_ tag: UInt8, _ body: Span<UInt8>) throws(WireError) -> (R, isWanted: Bool)
  ) throws(WireError) -> R? {
    guard let header = try nextHeader() else { return nil }
    let (result, isWanted) = try lend(header, judge)
    guard isWanted else {
      drop(header.frameLength)
      return result
    }
    let body = start + FrameHeader.size..<start + header.frameLength
    if data.isEmpty, header.bodyLength >= Self.large {
      let rest = Array(inbox[body.upperBound...])
      swap(&data, &inbox)
      data.removeSubrange(body.upperBound...)
      data.removeSubrange(..<body.lowerBound)
      inbox = rest
      start = 0
    } else {
      data += inbox[body]
      drop(header.frameLength)
    }
    return result
  }

  /// The header of the next message, if all of it is there.
  private func nextHeader() throws(WireError) -> FrameHeader? {
    let bytes = inbox.span.extracting(droppingFirst: start)
    let header = try FrameHeader.parse(bytes, limit: limit(tag:))
    return header.flatMap { bytes.count >= $0.frameLength ? $0 : nil }
  }

  private func lend<R>(
    _ header: FrameHeader, _ body: (UInt8, Span<UInt8>) throws(WireError) -> R
  ) throws(WireError) -> R {
    let bytes = inbox.span.extracting(droppingFirst: start)
    return try body(header.tag, bytes.extracting(FrameHeader.size..<header.frameLength))
  }

  /// Drops a message; what a long one took is freed at once.
  private mutating func drop(_ frameLength: Int) {
    start += frameLength
    guard frameLength >= Self.large else { return }
    inbox = Array(inbox[start...])
    start = 0
  }

  /// From this number of bytes on, a message is not copied and its memory is not kept.
  private static let large = 1 << 18

  private func limit(tag: UInt8) -> Int {
    believesLongMessages ? limits.afterStartup(tag: tag) : limits.duringStartup(tag: tag)
  }

  /// Takes out everything that is left, for the next reader of the connection.
  package mutating func takeRest() -> [UInt8] {
    let rest = inbox[start...]
    inbox = []
    start = 0
    return Array(rest)
  }

  /// Moves the partial message to the front, so that the inbox does not grow indefinitely.
  private mutating func compact() {
    guard start > 0 else { return }
    inbox.removeSubrange(..<start)
    start = 0
  }
}
