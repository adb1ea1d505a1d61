#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// An open descriptor with one owner, closed when that owner lets go of it.
package struct FileDescriptor: ~Copyable, Sendable {
  package let raw: Int32

  package init(owning raw: Int32) {
    self.raw = raw
  }

  deinit {
    // After EINTR the descriptor is gone on Linux and may belong to someone else: no second try.
    _ = close(raw)
  }

  /// Makes reads and writes return at once, and keeps the descriptor out of child processes.
  package func setNonBlocking() throws(TransportError) {
    let flags = fcntl(raw, F_GETFL)
    guard flags >= 0, fcntl(raw, F_SETFL, flags | O_NONBLOCK) >= 0,
      fcntl(raw, F_SETFD, FD_CLOEXEC) >= 0
    else { throw .noResources("fcntl", errno: errno) }
  }
}

/// What a descriptor can be waited for.
package struct Readiness: OptionSet, Sendable {
  package let rawValue: Int16

  package init(rawValue: Int16) {
    self.rawValue = rawValue
  }

  package static let read = Readiness(rawValue: Int16(POLLIN))
  package static let write = Readiness(rawValue: Int16(POLLOUT))
}

/// Waits until a descriptor is ready, the wake-up descriptor is written to, or the deadline.
///
/// - Returns: What became ready of the first, and whether the second was. A broken connection
///   counts as ready for everything that was asked for, so that the next read or write reports it.
package func waitUntilReady(
  _ descriptor: Int32, for wanted: Readiness, orWoken wake: Int32, until deadline: MonotonicTime?
) throws(TransportError) -> (ready: Readiness, woken: Bool) {
  var descriptors: [2 of pollfd] = [
    pollfd(fd: wanted.isEmpty ? -1 : descriptor, events: wanted.rawValue, revents: 0),
    pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
  ]
  let count = unsafe withUnsafeMutablePointer(to: &descriptors) { pointer in
    unsafe pointer.withMemoryRebound(to: pollfd.self, capacity: 2) { pointer in
      unsafe poll(pointer, 2, milliseconds(until: deadline))
    }
  }
  if count < 0 {
    if errno == EINTR { return ([], false) }
    throw .noResources("poll", errno: errno)
  }
  let events = descriptors[0].revents
  let broken = events & Int16(POLLERR | POLLHUP | POLLNVAL) != 0
  let ready = broken ? wanted : Readiness(rawValue: events).intersection(wanted)
  return (ready, descriptors[1].revents != 0)
}

/// Whether the peer has closed a connection, and nothing is left to be read of it.
///
/// A socket without an end or bytes to be read is not closed; it isn't waited for.
package func isClosedByPeer(_ socket: Int32) -> Bool {
  var byte: UInt8 = 0
  let count = unsafe recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
  guard count < 0 else { return count == 0 }
  return errno == ECONNRESET || errno == EPIPE
}

/// For `poll`: rounded up, so that a wait never ends just before its deadline; -1 without one.
private func milliseconds(until deadline: MonotonicTime?) -> Int32 {
  guard let deadline else { return -1 }
  let left = (deadline - MonotonicTime.now()).wholeNanoseconds
  guard left > 0 else { return 0 }
  return Int32(clamping: (left + 999_999) / 1_000_000)
}
