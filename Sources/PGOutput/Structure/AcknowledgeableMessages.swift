/// Finds the messages whose position a consumer may acknowledge, by their letters.
///
/// For the thread that receives a stream and does not decode it. The messages in a streamed block
/// have no such position until their transaction ends: when the stream is started again they are
/// all sent again. Rollbacks have none either.
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
