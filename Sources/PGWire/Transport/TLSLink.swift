internal import CReplicationOpenSSL

internal import CReplicationSystem

/// What OpenSSL's callbacks know of a connection: the socket, and where to leave what they see.
///
/// OpenSSL reads and writes through these functions and not by itself, so that a broken connection
/// is an error number and never a signal. Memory is read into and written from directly.
@safe final class TLSLink: @unchecked Sendable {
  let socket: Int32
  /// The error that the last read or write met.
  var failure: Int32 = 0
  /// Nothing can be done with a connection that has failed, not even say goodbye.
  var end: TransportError?
  /// Why the peer's certificate was not accepted.
  var problem: CertificateProblem?
  /// Whether the peer asked for a certificate.
  var wasAskedForCertificate = false

  init(socket: Int32) {
    self.socket = socket
  }

  /// A source and sink of OpenSSL's that uses the socket; it does not keep the link alive.
  func makeBIO() -> OpaquePointer? {
    guard let method = unsafe Self.method, let bio = unsafe BIO_new(method) else { return nil }
    unsafe BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
    unsafe BIO_set_init(bio, 1)
    return unsafe bio
  }

  /// Called by OpenSSL when the peer asks for a certificate.
  static let noteRequest: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 = {
    ssl, _ in
    if let data = unsafe SSL_get_ex_data(ssl, 0) {
      unsafe Unmanaged<TLSLink>.fromOpaque(data).takeUnretainedValue().wasAskedForCertificate = true
    }
    return 1
  }

  private static func of(_ bio: OpaquePointer?) -> TLSLink? {
    unsafe BIO_get_data(bio).map { unsafe Unmanaged<TLSLink>.fromOpaque($0).takeUnretainedValue() }
  }

  private nonisolated(unsafe) static let method: OpaquePointer? = {
    let kind = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK
    guard let method = unsafe BIO_meth_new(kind, "socket") else { return nil }
    unsafe BIO_meth_set_read(method) { bio, buffer, count in
      unsafe TLSLink.read(bio, buffer, count)
    }
    unsafe BIO_meth_set_write(method) { bio, buffer, count in
      unsafe TLSLink.write(bio, buffer, count)
    }
    unsafe BIO_meth_set_ctrl(method) { _, command, _, _ in
      command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP ? 1 : 0
    }
    return unsafe method
  }()

  private static func read(
    _ bio: OpaquePointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ count: Int32
  ) -> Int32 {
    guard let link = unsafe of(bio) else { return -1 }
    unsafe pgrepl_bio_clear_retry(bio)
    let bytes = unsafe UnsafeMutableRawBufferPointer(start: buffer, count: Int(count))
    let result = unsafe Uninterrupted.receive(link.socket, into: bytes)
    if result >= 0 { return Int32(result) }
    switch lastErrno {
    case EAGAIN, EWOULDBLOCK: unsafe pgrepl_bio_set_retry_read(bio)
    case let code: link.failure = code
    }
    return -1
  }

  private static func write(
    _ bio: OpaquePointer?, _ buffer: UnsafePointer<CChar>?, _ count: Int32
  ) -> Int32 {
    guard let link = unsafe of(bio) else { return -1 }
    unsafe pgrepl_bio_clear_retry(bio)
    let bytes = unsafe UnsafeRawBufferPointer(start: buffer, count: Int(count))
    let result = unsafe Uninterrupted.send(bytes, to: link.socket)
    if result >= 0 { return Int32(result) }
    switch lastErrno {
    case EAGAIN, EWOULDBLOCK: unsafe pgrepl_bio_set_retry_write(bio)
    case let code: link.failure = code
    }
    return -1
  }
}
