extension BackendMessage {
  /// Decodes one message and passes it to `body`.
  ///
  /// - Parameters:
  ///   - tag: The message type.
  ///   - bytes: The whole body, without tag and length.
  /// - Throws: ``WireError`` if the body is not exactly one of that type, or if servers don't send
  ///   this type to such a client.
  package static func decode<R>(
    tag: UInt8, _ bytes: Span<UInt8>, _ body: (BackendMessage) throws(WireError) -> R
  ) throws(WireError) -> R {
    switch tag {
    case UInt8(ascii: "d"):
      return try body(.copyData(bytes))
    case UInt8(ascii: "R"):
      return try body(.authentication(try AuthenticationRequest(decoding: bytes)))
    case UInt8(ascii: "E"):
      return try body(.error(try ServerError(decoding: bytes)))
    case UInt8(ascii: "N"):
      return try body(.notice(try ServerError(decoding: bytes)))
    case UInt8(ascii: "T"):
      return try body(.rowDescription(try QueryResult.decodeColumns(bytes)))
    case UInt8(ascii: "D"):
      return try body(.dataRow(try QueryResult.decodeRow(bytes)))
    default:
      return try decodeSmall(tag: tag, bytes, body)
    }
  }

  private static func decodeSmall<R>(
    tag: UInt8, _ bytes: Span<UInt8>, _ body: (BackendMessage) throws(WireError) -> R
  ) throws(WireError) -> R {
    var rest = bytes
    let message: BackendMessage
    switch tag {
    case UInt8(ascii: "S"):
      message = .parameterStatus(name: try rest.readCString(), value: try rest.readCString())
    case UInt8(ascii: "K"):
      let processID = try rest.readInt32()
      guard (4...256).contains(rest.count) else {
        throw .invalidValue(field: "secret key length", value: Int64(rest.count))
      }
      message = .backendKeyData(processID: processID, secret: try rest.readBytes(rest.count))
    case UInt8(ascii: "Z"):
      let code = try rest.readUInt8()
      guard let status = TransactionStatus(rawValue: code) else {
        throw .invalidValue(field: "transaction status", value: Int64(code))
      }
      message = .readyForQuery(status)
    case UInt8(ascii: "C"):
      message = .commandComplete(tag: try rest.readCString())
    case UInt8(ascii: "A"):
      message = .notification(
        ServerNotification(
          processID: try rest.readInt32(), channel: try rest.readCString(),
          payload: try rest.readCString()))
    case UInt8(ascii: "v"):
      let version = try rest.readInt32()
      message = .negotiateProtocolVersion(
        version: version, unknownOptions: try readUnknownOptions(&rest))
    case UInt8(ascii: "I"): message = .emptyQueryResponse
    case UInt8(ascii: "c"): message = .copyDone
    case UInt8(ascii: "G"), UInt8(ascii: "H"), UInt8(ascii: "W"):
      let format = try CopyFormat(decoding: &rest)
      message =
        switch tag {
        case UInt8(ascii: "G"): .copyInResponse
        case UInt8(ascii: "H"): .copyOutResponse(format)
        default: .copyBothResponse
        }
    default: throw .unknownTag(tag)
    }
    try rest.expectEnd()
    return try body(message)
  }

  private static func readUnknownOptions(
    _ rest: inout Span<UInt8>
  ) throws(WireError) -> [String] {
    let count = try rest.readInt32()
    guard count >= 0 else { throw .invalidValue(field: "option count", value: Int64(count)) }
    var names: [String] = []
    for _ in 0..<count { names.append(try rest.readCString()) }
    return names
  }
}
