internal import CSinkHiredis

/// What a server has answered, copied out of hiredis.
enum RedisReply: Hashable, Sendable {
  case status(String)
  case string([UInt8])
  case integer(Int64)
  case array([RedisReply])
  case null
  case error(String)

  /// Copies a reply; `nil` for one that the second version of the protocol does not have.
  ///
  /// hiredis refuses replies that are nested deeper than a few levels.
  init?(copying reply: UnsafeMutablePointer<redisReply>) {
    switch unsafe reply.pointee.type {
    case REDIS_REPLY_STATUS: self = .status(unsafe Self.text(of: reply))
    case REDIS_REPLY_STRING: self = .string(unsafe Self.bytes(of: reply))
    case REDIS_REPLY_INTEGER: self = .integer(Int64(unsafe reply.pointee.integer))
    case REDIS_REPLY_NIL: self = .null
    case REDIS_REPLY_ERROR: self = .error(unsafe Self.text(of: reply))
    case REDIS_REPLY_ARRAY:
      guard let elements = unsafe Self.elements(of: reply) else { return nil }
      self = .array(elements)
    default: return nil
    }
  }

  private static func elements(
    of reply: UnsafeMutablePointer<redisReply>
  ) -> [RedisReply]? {
    var elements: [RedisReply] = []
    for index in 0..<(unsafe reply.pointee.elements) {
      guard let element = unsafe reply.pointee.element?[index],
        let copy = unsafe RedisReply(copying: element)
      else { return nil }
      elements.append(copy)
    }
    return elements
  }

  private static func bytes(of reply: UnsafeMutablePointer<redisReply>) -> [UInt8] {
    guard let start = unsafe reply.pointee.str else { return [] }
    return unsafe Array(UnsafeRawBufferPointer(start: start, count: reply.pointee.len))
  }

  private static func text(of reply: UnsafeMutablePointer<redisReply>) -> String {
    unsafe String(decoding: bytes(of: reply), as: UTF8.self)
  }
}

extension RedisReply {
  /// The text of a status or of a string that is one.
  var text: String? {
    switch self {
    case .status(let text): text
    case .string(let bytes): String(validating: bytes, as: UTF8.self)
    default: nil
    }
  }

  var bytes: [UInt8]? {
    if case .string(let bytes) = self { bytes } else { nil }
  }

  var integer: Int64? {
    if case .integer(let number) = self { number } else { nil }
  }

  var elements: [RedisReply]? {
    if case .array(let elements) = self { elements } else { nil }
  }
}
