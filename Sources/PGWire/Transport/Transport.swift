#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What came of one attempt to move bytes.
package enum TransferResult: Equatable, Sendable {
  /// So many bytes were moved; at least one.
  case moved(Int)
  /// Nothing can be moved before the socket is ready for this. TLS may want to write in order to
  /// read, and the other way round.
  case wouldBlock(Readiness)
  /// The peer has closed its side.
  case end
}

/// A byte pump over one connected, non-blocking socket.
///
/// It never waits. All waiting is done with ``waitUntilReady(_:for:orWoken:until:)`` by the one
/// thread that owns it.
package struct Transport: ~Copyable, Sendable {
  private let socket: FileDescriptor

  /// Takes a connected socket over.
  package init(owning socket: consuming FileDescriptor) throws(TransportError) {
    try socket.setNonBlocking()
    self.socket = socket
  }

  /// The descriptor to wait on.
  package var descriptor: Int32 { socket.raw }

  /// Reads what is there, as much as `buffer` holds.
  package mutating func read(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(TransportError) -> TransferResult {
    while true {
      let count = unsafe recv(socket.raw, buffer.baseAddress, buffer.count, 0)
      if count > 0 { return .moved(count) }
      if count == 0 { return .end }
      switch errno {
      case EINTR: continue
      case EAGAIN, EWOULDBLOCK: return .wouldBlock(.read)
      default: throw .lost(errno: errno)
      }
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
  package mutating func write(_ bytes: Span<UInt8>) throws(TransportError) -> TransferResult {
    while true {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe send(socket.raw, buffer.baseAddress, buffer.count, sendFlags)
      }
      if count >= 0 { return .moved(count) }
      switch errno {
      case EINTR: continue
      case EAGAIN, EWOULDBLOCK: return .wouldBlock(.write)
      default: throw .lost(errno: errno)
      }
    }
  }
}

#if canImport(Darwin)
  private let sendFlags: Int32 = 0  // SO_NOSIGPIPE is set on the socket.
#else
  private let sendFlags = Int32(MSG_NOSIGNAL)
#endif
