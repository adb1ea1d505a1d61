/// Cuts the bytes of a session into messages and keeps what is not complete yet.
///
/// Bytes may arrive in any pieces. Nothing is lost when a wait between two pieces is given up: the
/// partial message stays here.
package struct FrameDecoder: Sendable {
  private var inbox: [UInt8] = []
  private var start = 0

  /// Set once the server has accepted who we are; until then only short messages are believed.
  package var isAuthenticated = false
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

  /// Lends the next complete message to `body`, then drops it.
  ///
  /// - Returns: What `body` returns, or `nil` if more bytes are needed.
  /// - Throws: ``WireError`` for a length that can't be, or what `body` throws.
  package mutating func next<R>(
    _ body: (_ tag: UInt8, _ body: Span<UInt8>) throws(WireError) -> R
  ) throws(WireError) -> R? {
    let header: FrameHeader
    let result: R
    do {
      let bytes = inbox.span.extracting(droppingFirst: start)
      guard let found = try FrameHeader.parse(bytes, limit: limit(tag:)) else { return nil }
      header = found
      guard bytes.count >= header.frameLength else { return nil }
      result = try body(header.tag, bytes.extracting(FrameHeader.size..<header.frameLength))
    }
    start += header.frameLength
    return result
  }

  private func limit(tag: UInt8) -> Int {
    isAuthenticated ? limits.afterAuthentication(tag: tag) : limits.beforeAuthentication(tag: tag)
  }

  /// Takes out everything that is left, for whoever reads the connection from here on.
  package mutating func takeRest() -> [UInt8] {
    let rest = inbox[start...]
    inbox = []
    start = 0
    return Array(rest)
  }

  /// Moves the partial message to the front, so that the inbox does not grow for ever.
  private mutating func compact() {
    guard start > 0 else { return }
    inbox.removeSubrange(..<start)
    start = 0
  }
}
