import ChangeFormats
import Foundation
import ReplicationTestKit
import Testing

@testable import pgcdc

/// Recordings as files: what is none is told before much of it is read.
@Suite(.timeLimit(.minutes(1))) struct RecordingFileTests {
  private func inDirectory(_ body: (String) throws -> Void) throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try body(directory.path)
  }

  private static let header = Recording.Header(serverVersion: "17", plugin: "p", options: [:])

  @Test func `a recording is read back, through a link too`() throws {
    try inDirectory { directory in
      let path = directory + "/r"
      var writer = try FileWriter.create(path)
      writer.buffer.append(contentsOf: Self.header.encoded + Recording.frame([1, 2, 3]))
      try writer.finish()
      try FileManager.default.createSymbolicLink(
        atPath: path + "-link", withDestinationPath: path)
      for path in [path, path + "-link"] {
        #expect(try Recording(FileReader.recording(at: path)).frames == Recording.frame([1, 2, 3]))
      }
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
    }
  }

  private func failure(_ path: String) -> String {
    do {
      _ = try FileReader.recording(at: path)
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func `what is none is refused, however large it is`() throws {
    try inDirectory { directory in
      for (name, begin) in [("zeros", ""), ("large", "PGCDC-RECORDING 1\n")] {
        let path = directory + "/" + name
        try begin.write(toFile: path, atomically: false, encoding: .utf8)
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        try file.truncate(atOffset: 900 << 30)
        try file.close()
      }
      #expect(failure(directory + "/zeros").contains("not a recording"))
      #expect(failure(directory + "/large").contains("held in memory"))
      #expect(failure(directory + "/none").contains("no such file"))
      #expect(failure(directory).contains("it is a directory"))
      #expect(unsafe mkfifo(directory + "/pipe", 0o600) == 0)
      #expect(failure(directory + "/pipe").contains("it is a pipe"))
      #expect(throws: FileError.self) { _ = try FileWriter.create(directory + "/pipe") }
    }
  }
}
