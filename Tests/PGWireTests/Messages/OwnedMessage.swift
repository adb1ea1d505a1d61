import PGWire

/// A message of the server that has left its buffer, so that a test can keep and compare it.
enum OwnedMessage: Equatable {
  case authentication(AuthenticationRequest)
  case backendKeyData(Int32, [UInt8])
  case parameterStatus(String, String)
  case negotiateProtocolVersion(Int32, [String])
  case readyForQuery(TransactionStatus)
  case error(ServerError)
  case notice(ServerError)
  case notification(Int32, String, String)
  case rowDescription([String], [UInt32])
  case dataRow([String?])
  case commandComplete(String)
  case emptyQueryResponse
  case copyInResponse
  case copyOutResponse(CopyFormat)
  case copyBothResponse
  case copyData([UInt8])
  case copyDone

  init(_ message: BackendMessage) {
    self =
      switch message {
      case .authentication(let request): .authentication(request)
      case .backendKeyData(let processID, let secret): .backendKeyData(processID, secret)
      case .parameterStatus(let name, let value): .parameterStatus(name, value)
      case .negotiateProtocolVersion(let version, let options):
        .negotiateProtocolVersion(version, options)
      case .readyForQuery(let status): .readyForQuery(status)
      case .error(let error): .error(error)
      case .notice(let notice): .notice(notice)
      case .notification(let it): .notification(it.processID, it.channel, it.payload)
      case .rowDescription(let columns):
        .rowDescription(columns.map(\.name), columns.map(\.typeOID))
      case .dataRow(let row): .dataRow(row)
      case .commandComplete(let tag): .commandComplete(tag)
      case .emptyQueryResponse: .emptyQueryResponse
      case .copyInResponse: .copyInResponse
      case .copyOutResponse(let format): .copyOutResponse(format)
      case .copyBothResponse: .copyBothResponse
      case .copyData(let data): .copyData(data.copied())
      case .copyDone: .copyDone
      }
  }

  /// Decodes one whole message, tag and length included.
  init(decoding frame: [UInt8]) throws(WireError) {
    self = try withMessage(frame) { OwnedMessage($0) }
  }

  /// Decodes a body on its own.
  init(tag: UInt8, body: [UInt8]) throws(WireError) {
    self = try BackendMessage.decode(tag: tag, body.span) { OwnedMessage($0) }
  }
}

/// Passes on the one message that these bytes are.
func withMessage<R>(
  _ frame: [UInt8], _ body: (BackendMessage) throws(WireError) -> R
) throws(WireError) -> R {
  let content = frame.span.extracting(droppingFirst: FrameHeader.size)
  return try BackendMessage.decode(tag: frame[0], content, body)
}
