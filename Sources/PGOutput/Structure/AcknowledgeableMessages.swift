/// Which messages have a position that a consumer may come to acknowledge, told by their letters.
///
/// For the thread that receives a stream and does not decode it. The messages in a streamed block
/// have no such position until their transaction ends: after a new start of the stream they are all
/// sent again. Neither has a rollback.
@usableFromInline package struct AcknowledgeableMessages: Sendable {
  @usableFromInline var isInBlock = false

  package init() {}

  /// Takes the next message of the stream by its letter.
  @inlinable @inline(__always) package mutating func includes(_ letter: UInt8) -> Bool {
    switch letter {
    case PgOutputMessage.Kind.streamStart.rawValue: isInBlock = true
    case PgOutputMessage.Kind.streamStop.rawValue:
      isInBlock = false
      return false
    case PgOutputMessage.Kind.streamAbort.rawValue: return false
    default: break
    }
    return !isInBlock
  }
}
