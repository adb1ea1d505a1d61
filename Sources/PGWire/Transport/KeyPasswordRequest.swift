internal import CReplicationOpenSSL

/// Answers OpenSSL when it asks for the password of a private key.
final class KeyPasswordRequest {
  private let password: Password?
  private(set) var wasAsked = false

  init(_ password: Password?) {
    self.password = password
  }

  /// Why a key that asked for a password could not be used.
  var complaint: String {
    password == nil
      ? "it is encrypted; set sslpassword"
      : "it is encrypted, and can't be decrypted with this sslpassword"
  }

  /// Writes the password; -1 if there is none, or no room for it.
  @unsafe fileprivate func answer(_ buffer: UnsafeMutablePointer<CChar>, _ size: Int32) -> Int32 {
    wasAsked = true
    guard let password else { return -1 }
    return password.withBytes { bytes in
      guard bytes.count <= Int(size) else { return -1 }
      for index in bytes.indices { unsafe buffer[index] = CChar(bitPattern: bytes[index]) }
      return Int32(bytes.count)
    }
  }
}

/// Called by OpenSSL for the password of an encrypted key.
func giveKeyPassword(
  _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int32, _: Int32,
  _ userData: UnsafeMutableRawPointer?
) -> Int32 {
  guard let userData = unsafe userData, let buffer = unsafe buffer else { return -1 }
  let request = unsafe Unmanaged<KeyPasswordRequest>.fromOpaque(userData).takeUnretainedValue()
  return unsafe request.answer(buffer, size)
}

/// Called by OpenSSL for a server, to choose among the protocols that the client offers.
func selectProtocol(
  _: OpaquePointer?, _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
  _ length: UnsafeMutablePointer<UInt8>?, _ offered: UnsafePointer<UInt8>?, _ count: UInt32,
  _: UnsafeMutableRawPointer?
) -> Int32 {
  // The offer has the form of our own list, and its name is what is pointed at.
  let own = TLSContext.protocolList
  guard let offered = unsafe offered, Int(count) == own.count,
    unsafe UnsafeBufferPointer(start: offered, count: own.count).elementsEqual(own)
  else { return SSL_TLSEXT_ERR_NOACK }
  unsafe chosen?.pointee = offered + 1
  unsafe length?.pointee = own[0]
  return SSL_TLSEXT_ERR_OK
}
