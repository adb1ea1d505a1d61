internal import CReplicationSystem
internal import Synchronization

/// Wakes a thread that waits in `poll`: a pipe, and a flag that says "give up".
package final class Interrupt: Sendable {
  private let readEnd: FileDescriptor
  private let writeEnd: FileDescriptor
  private let triggered = Atomic<Bool>(false)

  package init() throws(TransportError) {
    guard let ends = FileDescriptor.pipe() else { throw .noResources("pipe", errno: lastErrno) }
    readEnd = FileDescriptor(owning: ends.readEnd)
    writeEnd = FileDescriptor(owning: ends.writeEnd)
  }

  /// The descriptor to wait on, readable after a wake-up.
  package var descriptor: Int32 { readEnd.raw }

  /// Whether ``trigger()`` was called.
  package var isTriggered: Bool { triggered.load(ordering: .acquiring) }

  /// Ends the wait, and every later one, as cancelled.
  package func trigger() {
    triggered.store(true, ordering: .releasing)
    wake()
  }

  /// Ends the wait once.
  ///
  /// A full pipe is fine: the thread has a pending wake-up already.
  package func wake() {
    var byte: UInt8 = 0
    _ = unsafe write(writeEnd.raw, &byte, 1)
  }

  /// Takes the pending wake-ups.
  package func drain() {
    var sink: UInt64 = 0
    while unsafe read(readEnd.raw, &sink, 8) == 8 {}
  }
}
