internal import CReplicationSystem

/// An open descriptor with one owner, closed when that owner releases it.
package struct FileDescriptor: ~Copyable, Sendable {
  package let raw: Int32

  package init(owning raw: Int32) {
    self.raw = raw
  }

  deinit {
    // After EINTR the descriptor is gone on Linux and may belong to someone else: no second try.
    _ = close(raw)
  }
}

extension FileDescriptor {
  /// Releases the descriptor without closing it, for a caller that closes it later.
  package consuming func release() -> Int32 {
    let raw = raw
    discard self
    return raw
  }
}

// Made here and nowhere else: every descriptor is kept out of child processes from the start.
extension FileDescriptor {
  /// A stream socket that does not block; `nil` with the reason in `lastErrno`.
  package static func streamSocket(_ family: Int32) -> FileDescriptor? {
    let raw = pgrepl_socket(family)
    return raw < 0 ? nil : FileDescriptor(owning: raw)
  }

  /// Another descriptor of the same socket, which stays when that one is closed; `nil` with the
  /// reason in `lastErrno`.
  package static func copy(of raw: Int32) -> FileDescriptor? {
    let copy = pgrepl_copy_descriptor(raw)
    return copy < 0 ? nil : FileDescriptor(owning: copy)
  }

  /// The next connection that waits at a listening socket, which does not block; `nil` with the
  /// reason in `lastErrno`.
  package static func accepted(from listener: Int32) -> FileDescriptor? {
    let raw = pgrepl_accept(listener)
    return raw < 0 ? nil : FileDescriptor(owning: raw)
  }

  /// A pipe; `nil` with the reason in `lastErrno`.
  package static func pipe(blocks: Bool = false) -> (readEnd: Int32, writeEnd: Int32)? {
    var ends: [2 of Int32] = [-1, -1]
    let result = unsafe withUnsafeMutablePointer(to: &ends) { pointer in
      unsafe pointer.withMemoryRebound(to: Int32.self, capacity: 2) {
        unsafe pgrepl_pipe($0, blocks ? 1 : 0)
      }
    }
    return result == 0 ? (ends[0], ends[1]) : nil
  }

  /// Two stream sockets that are connected with each other and do not block; `nil` with the reason
  /// in `lastErrno`.
  package static func socketPair() -> (first: Int32, second: Int32)? {
    var ends: [2 of Int32] = [-1, -1]
    let result = unsafe withUnsafeMutablePointer(to: &ends) { pointer in
      unsafe pointer.withMemoryRebound(to: Int32.self, capacity: 2) {
        unsafe pgrepl_socket_pair($0)
      }
    }
    return result == 0 ? (ends[0], ends[1]) : nil
  }

  /// An open file; `nil` with the reason in `lastErrno`.
  ///
  /// - Parameter mode: The permissions of a file that is made.
  package static func opened(
    _ path: String, _ flags: Int32, mode: UInt16 = 0
  ) -> FileDescriptor? {
    let raw = unsafe pgrepl_open(path, flags, UInt32(mode))
    return raw < 0 ? nil : FileDescriptor(owning: raw)
  }
}

extension FileDescriptor {
  /// Forces what was written to the disk, and not only to the disk's own memory.
  ///
  /// - Parameter metadata: Whether the file's times and the like are forced there too.
  /// - Returns: Whether that succeeded; the reason is in `lastErrno` otherwise.
  package static func synchronize(_ descriptor: Int32, metadata: Bool = true) -> Bool {
    pgrepl_synchronize(descriptor, metadata ? 1 : 0) == 0
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
    if lastErrno == EINTR { return ([], false) }
    throw .noResources("poll", errno: lastErrno)
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
  return lastErrno == ECONNRESET || lastErrno == EPIPE
}

/// Whether the peer has closed a connection, however much is left to be read of it.
package func hasEndOfPeer(_ socket: Int32) -> Bool { pgrepl_has_ended(socket) != 0 }

/// For `poll`: rounded up, so that a wait never ends just before its deadline; -1 without one.
private func milliseconds(until deadline: MonotonicTime?) -> Int32 {
  guard let deadline else { return -1 }
  let left = (deadline - MonotonicTime.now()).wholeNanoseconds
  guard left > 0 else { return 0 }
  return Int32(clamping: (left + 999_999) / 1_000_000)
}
