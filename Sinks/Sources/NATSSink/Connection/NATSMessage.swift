internal import CSinkNATS

/// A message of the client library, which is freed with this.
@safe struct NATSMessage: ~Copyable {
  private let message: OpaquePointer

  /// - Parameter message: It is owned by this from here on.
  @unsafe init(owning message: OpaquePointer) {
    unsafe self.message = message
  }

  deinit {
    unsafe natsMsg_Destroy(message)
  }

  var subject: String {
    guard let text = unsafe natsMsg_GetSubject(message) else { return "" }
    return unsafe String(cString: text)
  }

  var payload: [UInt8] {
    let count = unsafe Int(natsMsg_GetDataLength(message))
    guard count > 0, let bytes = unsafe natsMsg_GetData(message) else { return [] }
    return unsafe Array(UnsafeRawBufferPointer(start: bytes, count: count))
  }

  /// The number in the stream, of a message that was asked for by ``NATSLink``.
  var sequence: UInt64 { unsafe natsMsg_GetSequence(message) }

  /// The number in the stream, of a message that a subscription has brought; `nil` if it has none.
  var deliveredSequence: UInt64? {
    var sequence: UInt64 = 0
    guard unsafe sink_nats_sequence(message, &sequence) == NATS_OK else { return nil }
    return sequence
  }

  /// The value of a header; `nil` if there is none.
  func header(_ name: String) -> String? {
    var value: UnsafePointer<CChar>?
    guard unsafe natsMsgHeader_Get(message, name, &value) == NATS_OK, let text = unsafe value else {
      return nil
    }
    return unsafe String(cString: text)
  }
}
