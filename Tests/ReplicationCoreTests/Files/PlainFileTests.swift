import Foundation
import PGWire
import Testing

@testable import ReplicationCore

/// What stands in a checkpoint's place, or beside it, is looked at before anything is written.
@Suite(.timeLimit(.minutes(1))) struct PlainFileTests {
  private func inDirectory(_ body: (String) throws -> Void) throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try body(directory.path)
  }

  private func text(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }

  private func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  private func reason(_ body: () throws(PlainFile.Failure) -> Void) -> PlainFile.Failure.Reason? {
    do throws(PlainFile.Failure) {
      try body()
      return nil
    } catch {
      return error.reason
    }
  }

  @Test func `a link in the file's place is refused, and left alone`() throws {
    try inDirectory { directory in
      let (link, victim) = (directory + "/checkpoint", directory + "/victim")
      try "precious".write(toFile: victim, atomically: false, encoding: .utf8)
      for target in [victim, directory + "/nowhere"] {
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
        let file = DurableFile(path: link)
        #expect(reason { () throws(PlainFile.Failure) in try file.replace(with: [1]) } == .link)
        #expect(reason { () throws(PlainFile.Failure) in _ = try file.contents() } == .link)
        #expect(
          reason { () throws(PlainFile.Failure) in _ = try PlainFile.overwrite(link) } == .link)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
        try FileManager.default.removeItem(atPath: link)
      }
      #expect(text(victim) == "precious")
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["victim"])
    }
  }

  @Test func `a link where the new content goes is removed, not followed`() throws {
    try inDirectory { directory in
      let (path, victim) = (directory + "/checkpoint", directory + "/victim")
      try "precious".write(toFile: victim, atomically: false, encoding: .utf8)
      try FileManager.default.createSymbolicLink(
        atPath: path + ".new", withDestinationPath: victim)
      try DurableFile(path: path).replace(with: Array("new".utf8))
      #expect(text(victim) == "precious" && text(path) == "new")
      #expect(try mode(path) == 0o600)
    }
  }

  @Test func `a pipe is refused and never waited for`() throws {
    try inDirectory { directory in
      let path = directory + "/checkpoint"
      #expect(unsafe mkfifo(path, 0o600) == 0)
      let file = DurableFile(path: path)
      let pipe = PlainFile.Failure.Reason.notRegular("pipe")
      #expect(reason { () throws(PlainFile.Failure) in _ = try file.contents() } == pipe)
      #expect(reason { () throws(PlainFile.Failure) in try file.replace(with: [1]) } == pipe)
      #expect(reason { () throws(PlainFile.Failure) in _ = try PlainFile.overwrite(path) } == pipe)
      // Beside the file it is in the way of nothing.
      let other = DurableFile(path: directory + "/other")
      #expect(unsafe mkfifo(directory + "/other.new", 0o600) == 0)
      try other.replace(with: [1])
      #expect(try other.contents() == [1])
    }
  }

  @Test func `devices and directories are no files`() throws {
    try inDirectory { directory in
      func why(_ path: String) -> PlainFile.Failure.Reason? {
        reason { () throws(PlainFile.Failure) in
          _ = try PlainFile.open(reading: path, followsLink: true)
        }
      }
      #expect(why("/dev/zero") == .notRegular("device"))
      #expect(why(directory) == .notRegular("directory"))
      #expect(why(directory + "/none") == nil)
      #expect(
        reason { () throws(PlainFile.Failure) in _ = try PlainFile.overwrite("/dev/null") }
          == .notRegular("device"))
    }
  }

  @Test func `what is overwritten is its owner's alone`() throws {
    try inDirectory { directory in
      let path = directory + "/recording"
      try "long ago".write(toFile: path, atomically: false, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
      let file = try PlainFile.overwrite(path)
      try PlainFile.write(Array("x".utf8), to: file, at: path)
      #expect(text(path) == "x")
      #expect(try mode(path) == 0o600)
    }
  }

  @Test func `a checkpoint has a size`() throws {
    try inDirectory { directory in
      let path = directory + "/checkpoint"
      let file = try PlainFile.create(path)
      #expect(ftruncate(file.raw, 1 << 40) == 0)
      #expect(
        reason { () throws(PlainFile.Failure) in _ = try DurableFile(path: path).contents() }
          == .tooLarge(limit: 1 << 27))
      // Nothing is written that could not be read again.
      #expect(
        reason { () throws(PlainFile.Failure) in
          try DurableFile(path: path).replace(with: [UInt8](repeating: 0, count: 1 << 27 + 1))
        } == .tooLarge(limit: 1 << 27))
    }
  }

  @Test func `a file without a name leaves none behind`() throws {
    try inDirectory { directory in
      let file = try PlainFile.createUnlinked(in: directory)
      try PlainFile.write([1, 2, 3], to: file, at: directory)
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
      #expect(fcntl(file.raw, F_GETFD) & FD_CLOEXEC != 0)
    }
  }
}
