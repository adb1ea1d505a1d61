internal import CReplicationSystem

/// The calls that move bytes, made again when a signal has interrupted them.
///
/// Each returns how many bytes were moved, or -1 with the reason in `lastErrno`.
package enum Uninterrupted {
  /// Reads once from where a file stands, or from a pipe.
  package static func read(
    _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    call { unsafe CReplicationSystem.read(descriptor, buffer.baseAddress, buffer.count) }
  }

  /// Reads until the buffer is full or the file ends, from where the file stands.
  package static func readAll(
    _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    unsafe repeated(buffer) { rest, _ in unsafe read(descriptor, into: rest) }
  }

  /// Reads until the buffer is full or the file ends, from a place in the file.
  package static func readAll(
    _ descriptor: Int32, at offset: Int, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    unsafe repeated(buffer) { rest, done in
      call { unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done)) }
    }
  }

  /// Writes once, at most all of the bytes.
  package static func write(_ bytes: Span<UInt8>, to descriptor: Int32) -> Int {
    unsafe bytes.withUnsafeBytes { buffer in
      call { unsafe CReplicationSystem.write(descriptor, buffer.baseAddress, buffer.count) }
    }
  }

  /// Writes all of the bytes; returns whether that succeeded.
  package static func writeAll(_ bytes: Span<UInt8>, to descriptor: Int32) -> Bool {
    repeated(bytes) { rest, _ in write(rest, to: descriptor) }
  }

  /// Writes all of the bytes at a place in the file; returns whether that succeeded.
  package static func writeAll(
    _ bytes: Span<UInt8>, to descriptor: Int32, at offset: Int
  ) -> Bool {
    repeated(bytes) { rest, done in
      unsafe rest.withUnsafeBytes { buffer in
        call { unsafe pwrite(descriptor, buffer.baseAddress, buffer.count, off_t(offset + done)) }
      }
    }
  }

  /// Takes what has arrived at a socket.
  package static func receive(
    _ socket: Int32, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    call { unsafe recv(socket, buffer.baseAddress, buffer.count, 0) }
  }

  /// Sends what a socket takes, and never raises a signal.
  package static func send(_ bytes: UnsafeRawBufferPointer, to socket: Int32) -> Int {
    call { unsafe pgrepl_send(socket, bytes.baseAddress, bytes.count) }
  }

  @inline(__always) private static func call(_ body: () -> Int) -> Int {
    while true {
      let result = body()
      if result >= 0 || lastErrno != EINTR { return result }
    }
  }

  private static func repeated(
    _ buffer: UnsafeMutableRawBufferPointer,
    _ step: (_ rest: UnsafeMutableRawBufferPointer, _ done: Int) -> Int
  ) -> Int {
    var done = 0
    while done < buffer.count {
      let count = unsafe step(UnsafeMutableRawBufferPointer(rebasing: buffer[done...]), done)
      if count < 0 { return count }
      if count == 0 { break }
      done += count
    }
    return done
  }

  private static func repeated(
    _ bytes: Span<UInt8>, _ step: (_ rest: Span<UInt8>, _ done: Int) -> Int
  ) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = step(bytes.extracting(droppingFirst: done), done)
      guard count > 0 else { return false }
      done += count
    }
    return true
  }
}
