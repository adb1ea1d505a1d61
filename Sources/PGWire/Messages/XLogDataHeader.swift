public import CDCTime

/// The fields of XLogData before the plugin's message.
///
///     XLogData  w | start 8 | end 8 | sentAt 8 | payload …
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-replication.html>
@usableFromInline package struct XLogDataHeader: Sendable {
  @usableFromInline package let start: LSN
  @usableFromInline package let end: LSN
  @usableFromInline package let sentAt: PostgresTimestamp

  @inlinable package static var letter: UInt8 { UInt8(ascii: "w") }
  /// How many bytes it has, its letter included.
  @inlinable package static var size: Int { 25 }

  /// Reads the header at the front of a `CopyData`'s content.
  ///
  /// - Returns: `nil` if it is something else, or too short.
  @inlinable @inline(__always) package init?(_ content: Span<UInt8>) {
    guard Self.isWhole(content) else { return nil }
    start = Self.start(of: content)
    end = LSN(rawValue: content.bigEndian64(at: 9))
    sentAt = PostgresTimestamp(microseconds: Int64(bitPattern: content.bigEndian64(at: 17)))
  }

  /// Whether a `CopyData`'s content begins with such a header.
  @inlinable @inline(__always) package static func isWhole(_ content: Span<UInt8>) -> Bool {
    content.count >= size && content[0] == letter
  }

  /// The position in a header that is whole.
  @inlinable @inline(__always) package static func start(of content: Span<UInt8>) -> LSN {
    LSN(rawValue: content.bigEndian64(at: 1))
  }
}
