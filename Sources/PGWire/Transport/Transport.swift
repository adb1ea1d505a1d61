internal import CReplicationSystem

/// What came of one attempt to move bytes.
package enum TransferResult: Equatable, Sendable {
  /// This number of bytes was moved; at least one.
  case moved(Int)
  /// Nothing can be moved before the socket is ready for this. TLS may want to write in order to
  /// read, and the other way round.
  case wouldBlock(Readiness)
  /// The peer has closed its side.
  case end
}

/// A byte pump over one connected, non-blocking socket, in clear or through TLS.
///
/// It never waits. All waiting is done with ``waitUntilReady(_:for:orWoken:until:)`` by the one
/// thread that owns it.
package struct Transport: ~Copyable, Sendable {
  // Not private: other modules that release a transport refer to it.
  enum Channel: ~Copyable, Sendable {
    case plain(FileDescriptor)
    case tls(TLSSession)
    /// Between the two, during the switch.
    case none
  }

  private var channel: Channel

  /// The descriptor to wait on.
  package let descriptor: Int32

  /// Takes over a connected socket that does not block.
  package init(owning socket: consuming FileDescriptor) {
    descriptor = socket.raw
    channel = .plain(socket)
  }

  /// Whether what goes over it is encrypted.
  package var isEncrypted: Bool {
    switch channel {
    case .tls: true
    case .plain: false
    case .none: false
    }
  }

  /// Reads what is there, as much as `buffer` holds.
  package mutating func read(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(TransportError) -> TransferResult {
    switch channel {
    case .plain(let socket): return unsafe try socket.receive(into: buffer)
    case .tls(let session): return unsafe try session.read(into: buffer)
    case .none: return .end
    }
  }

  /// Reads what is there, as much as `buffer` holds, over its first bytes.
  package mutating func read(into buffer: inout [UInt8]) throws(TransportError) -> TransferResult {
    var result: Result<TransferResult, TransportError> = .success(.end)
    unsafe buffer.withUnsafeMutableBytes { bytes in
      do throws(TransportError) {
        result = .success(unsafe try read(into: bytes))
      } catch {
        result = .failure(error)
      }
    }
    return try result.get()
  }

  /// Writes as much of `bytes` as the socket takes now.
  ///
  /// What was not taken must be offered again, more behind it if there is more.
  package mutating func write(_ bytes: Span<UInt8>) throws(TransportError) -> TransferResult {
    switch channel {
    case .plain(let socket): return try socket.send(bytes)
    case .tls(let session): return try session.write(bytes)
    case .none: return .end
    }
  }
}

// MARK: - TLS

extension Transport {
  /// Switches to TLS; nothing of the peer's handshake may have been read before.
  mutating func startTLS(
    _ context: borrowing TLSContext, serverName: String?
  ) throws(TLSError) {
    let session = try TLSSession.Unattached(context, serverName: serverName)
    var old = Channel.none
    swap(&old, &channel)
    switch consume old {
    case .plain(let socket): channel = .tls(TLSSession(session, over: socket))
    case let other: channel = other
    }
  }

  /// Switches to TLS as a server, for tests, and waits until the handshake is done.
  ///
  /// - Parameters:
  ///   - certificate: The path of the server's certificate, in PEM.
  ///   - key: The path of its private key.
  package mutating func serveTLS(
    certificate: String, key: String, interrupt: Interrupt, until deadline: MonotonicTime?
  ) throws(TransportError) {
    do throws(TLSError) {
      let context = try TLSContext.server(certificate: certificate, key: key)
      try startTLS(context, serverName: nil)
    } catch {
      throw .tls(error)
    }
    while case .wouldBlock(let readiness) = try handshake() {
      if interrupt.isTriggered { throw .cancelled }
      if let deadline, MonotonicTime.now() >= deadline { throw .timedOut }
      _ = try waitUntilReady(
        descriptor, for: readiness, orWoken: interrupt.descriptor, until: deadline)
    }
  }

  /// Continues the handshake, as far as it can without waiting.
  mutating func handshake() throws(TransportError) -> TLSSession.Progress {
    switch channel {
    case .tls(let session): return try session.handshake()
    case .plain: return .done
    case .none: return .done
    }
  }

  /// Passes the TLS session to `body`; `nil` if there is none.
  func withTLS<R>(_ body: (borrowing TLSSession) -> R) -> R? {
    switch channel {
    case .tls(let session): return body(session)
    case .plain: return nil
    case .none: return nil
    }
  }
}

extension FileDescriptor {
  fileprivate borrowing func receive(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(TransportError) -> TransferResult {
    let count = unsafe Uninterrupted.receive(raw, into: buffer)
    if count > 0 { return .moved(count) }
    if count == 0 { return .end }
    let code = lastErrno
    guard code == EAGAIN || code == EWOULDBLOCK else { throw .lost(errno: code) }
    return .wouldBlock(.read)
  }

  fileprivate borrowing func send(
    _ bytes: Span<UInt8>
  ) throws(TransportError) -> TransferResult {
    let count = unsafe bytes.withUnsafeBytes { unsafe Uninterrupted.send($0, to: raw) }
    if count >= 0 { return .moved(count) }
    let code = lastErrno
    guard code == EAGAIN || code == EWOULDBLOCK else { throw .lost(errno: code) }
    return .wouldBlock(.write)
  }
}
