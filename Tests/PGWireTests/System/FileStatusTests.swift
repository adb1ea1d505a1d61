import CReplicationSystem
import Foundation
import PGWire
import Testing

@Suite struct FileStatusTests {
  @Test func `tells kinds of files apart`() throws {
    let folder = "/tmp/wire-status-\(UUID().uuidString)"
    #expect(unsafe mkdir(folder, 0o700) == 0)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let file = FileDescriptor.opened("\(folder)/file", O_WRONLY | O_CREAT | O_EXCL, mode: 0o640)
    let raw = file?.release()
    let descriptor = try #require(raw)
    defer { close(descriptor) }
    let bytes = [1, 2, 3] as [UInt8]
    let isWritten = Uninterrupted.writeAll(bytes.span, to: descriptor)
    #expect(isWritten)
    #expect(unsafe symlink("file", "\(folder)/link") == 0)
    #expect(unsafe mkfifo("\(folder)/pipe", 0o600) == 0)

    let status = try #require(FileStatus(descriptor: descriptor))
    #expect(status.kind == .regular && status.size == 3 && status.owner == getuid())
    #expect(status.permissions & 0o600 == 0o600 && status.permissions & 0o007 == 0)
    #expect(FileStatus(path: folder)?.kind == .directory)
    #expect(FileStatus(path: "\(folder)/link")?.kind == .regular)
    #expect(FileStatus(path: "\(folder)/link", followsLink: false)?.kind == .link)
    #expect(FileStatus(path: "\(folder)/pipe")?.kind == .pipe)
    #expect(FileStatus(path: "/dev/null")?.kind == .device)
    let isMissing = FileStatus(path: "\(folder)/none") == nil && lastErrno == ENOENT
    #expect(isMissing)
  }
}
