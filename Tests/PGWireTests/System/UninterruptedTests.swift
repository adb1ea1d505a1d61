import CReplicationSystem
import Foundation
import PGWire
import Testing

/// Reads and writes end when they are done, and not when a signal comes.
@Suite struct UninterruptedTests {
  private func withFile(_ body: (Int32) throws -> Void) throws {
    let path = "/tmp/wire-uninterrupted-\(UUID().uuidString)"
    let file = FileDescriptor.opened(path, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
    let raw = file?.release()
    let descriptor = try #require(raw)
    defer {
      close(descriptor)
      _ = unsafe unlink(path)
    }
    try body(descriptor)
  }

  private func read(_ descriptor: Int32, _ count: Int, at offset: Int) -> (Int, [UInt8]) {
    var bytes = [UInt8](repeating: 0, count: count)
    let found = unsafe bytes.withUnsafeMutableBytes {
      unsafe Uninterrupted.readAll(descriptor, at: offset, into: $0)
    }
    return (found, bytes)
  }

  @Test func `writes and reads at places in a file`() throws {
    try withFile { file in
      let (front, back) = ([1, 2, 3] as [UInt8], [7, 8] as [UInt8])
      let areWritten =
        Uninterrupted.writeAll(back.span, to: file, at: 3)
        && Uninterrupted.writeAll(front.span, to: file, at: 0)
      #expect(areWritten)
      #expect(read(file, 5, at: 0) == (5, [1, 2, 3, 7, 8]))
      #expect(read(file, 4, at: 3) == (2, [7, 8, 0, 0]))
      #expect(read(file, 1, at: 9) == (0, [0]))
    }
  }

  @Test func `says that a descriptor is not open`() {
    let bytes = [1] as [UInt8]
    let isRefused = !Uninterrupted.writeAll(bytes.span, to: -1) && lastErrno == EBADF
    #expect(isRefused)
    let found = read(-1, 1, at: 0).0
    let code = lastErrno
    #expect(found == -1 && code == EBADF)
  }

  @Test func `a read keeps waiting after a signal`() async throws {
    #expect(pgrepl_handle_signal(SIGUSR2, 0) { _ in } == 0)
    let ends = try #require(FileDescriptor.pipe(blocks: true))
    defer {
      close(ends.readEnd)
      close(ends.writeEnd)
    }
    let reader = Lock<(thread: pthread_t?, result: Int?)>((nil, nil))
    Thread.detachNewThread {
      var signals = sigset_t()
      unsafe sigfillset(&signals)
      unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      reader.withLock { $0.thread = pthread_self() }
      var byte: UInt8 = 0
      let count = unsafe withUnsafeMutableBytes(of: &byte) {
        unsafe Uninterrupted.read(ends.readEnd, into: $0)
      }
      reader.withLock { $0.result = count }
    }
    while reader.withLock({ $0.thread == nil }) { try await Task.sleep(for: .milliseconds(1)) }
    for _ in 0..<20 {
      reader.withLock { reader in
        if let thread = reader.thread, reader.result == nil { _ = pthread_kill(thread, SIGUSR2) }
      }
      try await Task.sleep(for: .milliseconds(5))
    }
    #expect(reader.withLock { $0.result } == nil)
    let bytes = [1] as [UInt8]
    let isWritten = Uninterrupted.writeAll(bytes.span, to: ends.writeEnd)
    #expect(isWritten)
    while reader.withLock({ $0.result == nil }) { try await Task.sleep(for: .milliseconds(1)) }
    #expect(reader.withLock { $0.result } == 1)
  }
}
