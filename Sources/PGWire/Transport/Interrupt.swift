#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif
internal import Synchronization

/// Wakes a thread that waits in `poll`: a pipe, and a flag that says "give up".
package final class Interrupt: Sendable {
  private let readEnd: FileDescriptor
  private let writeEnd: FileDescriptor
  private let triggered = Atomic<Bool>(false)

  package init() throws(TransportError) {
    var ends: [2 of Int32] = [-1, -1]
    let result = unsafe withUnsafeMutablePointer(to: &ends) { pointer in
      unsafe pointer.withMemoryRebound(to: Int32.self, capacity: 2) { unsafe pipe($0) }
    }
    guard result == 0 else { throw .noResources("pipe", errno: errno) }
    readEnd = FileDescriptor(owning: ends[0])
    writeEnd = FileDescriptor(owning: ends[1])
    try readEnd.setNonBlocking()
    try writeEnd.setNonBlocking()
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
  /// A full pipe is as good: the thread has a wake-up before it already.
  package func wake() {
    var byte: UInt8 = 0
    _ = unsafe write(writeEnd.raw, &byte, 1)
  }

  /// Takes the wake-ups that are there.
  package func drain() {
    var sink: UInt64 = 0
    while unsafe read(readEnd.raw, &sink, 8) == 8 {}
  }
}
