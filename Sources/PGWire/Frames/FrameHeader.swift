/// The first five bytes of every message after startup.
///
///     tag 1 | length 4 (counts itself and the body, not the tag) | body …
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-overview.html>
@usableFromInline package struct FrameHeader: Equatable, Sendable {
  @inlinable package static var size: Int { 5 }

  /// The message type.
  package let tag: UInt8
  /// Bytes that follow the header.
  package let bodyLength: Int

  /// Header and body together, in bytes.
  package var frameLength: Int { FrameHeader.size + bodyLength }

  /// Reads the header at the front of `bytes`.
  ///
  /// - Returns: `nil` while fewer than five bytes are there.
  /// - Throws: ``WireError/invalidLength(tag:length:limit:)`` for a length under 4 or above what
  ///   `limit` grants this type.
  package static func parse(
    _ bytes: Span<UInt8>, limit: (UInt8) -> Int
  ) throws(WireError) -> FrameHeader? {
    guard bytes.count >= size else { return nil }
    var rest = bytes
    let tag = try rest.readUInt8()
    let length = Int64(try rest.readInt32())
    let limit = limit(tag)
    guard length >= 4, length <= limit else {
      throw .invalidLength(tag: tag, length: length, limit: Int64(limit))
    }
    return FrameHeader(tag: tag, bodyLength: Int(length) - 4)
  }
}
