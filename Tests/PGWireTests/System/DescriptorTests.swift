import Testing

@testable import PGWire

import CReplicationSystem

@Suite struct DescriptorTests {
  private func isKeptFromChildren(_ descriptor: Int32) -> Bool {
    pgrepl_is_inherited(descriptor) == 0
  }

  private func blocks(_ descriptor: Int32) -> Bool {
    pgrepl_blocks(descriptor) != 0
  }

  @Test func `no descriptor reaches a child process`() throws {
    for blocking in [false, true] {
      let ends = try #require(FileDescriptor.pipe(blocks: blocking))
      for end in [ends.readEnd, ends.writeEnd] {
        #expect(isKeptFromChildren(end) && blocks(end) == blocking)
        close(end)
      }
    }
    let path = "/tmp/wire-descriptor-\(getpid())"
    let address = try SocketAddress.unix(path: path)
    defer { _ = unsafe unlink(path) }
    guard let listener = FileDescriptor.streamSocket(address.family),
      let client = FileDescriptor.streamSocket(address.family)
    else {
      Issue.record("no socket")
      return
    }
    #expect(isKeptFromChildren(listener.raw) && !blocks(listener.raw))
    unsafe address.bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      let pointer = unsafe base.assumingMemoryBound(to: sockaddr.self)
      let size = socklen_t(bytes.count)
      #expect(unsafe bind(listener.raw, pointer, size) == 0 && listen(listener.raw, 1) == 0)
      #expect(unsafe connect(client.raw, pointer, size) == 0)
    }
    guard let accepted = FileDescriptor.accepted(from: listener.raw) else {
      Issue.record("no connection")
      return
    }
    #expect(isKeptFromChildren(accepted.raw) && !blocks(accepted.raw))
    guard let file = FileDescriptor.opened("/dev/null", O_RDONLY) else {
      Issue.record("no file")
      return
    }
    #expect(isKeptFromChildren(file.raw))
  }
}
