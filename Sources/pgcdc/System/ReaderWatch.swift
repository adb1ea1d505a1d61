internal import CReplicationSystem
internal import PGWire

/// Ends a command when its output has no reader any more, even while there is nothing to write.
enum ReaderWatch {
  /// The status of a program that a closed pipe has ended: 128 and SIGPIPE's number.
  static let status: Int32 = 128 + SIGPIPE

  /// From now on the end of standard output's reader is treated as a signal.
  static func start() {
    try? OwnThread.start {
      var entry = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
      // Without events a pipe has news only when its reader is gone, and a file never.
      while unsafe poll(&entry, 1, -1) < 0, lastErrno == EINTR {}
      if entry.revents & Int16(POLLERR | POLLHUP) != 0 { Signals.readerIsGone() }
    }
  }
}
