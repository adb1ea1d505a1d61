import ChangeFormats
import Foundation
import Synchronization
import Testing

@testable import pgcdc

/// What is said once the output is on the disk.
@Suite(.timeLimit(.minutes(1))) struct DurableOutputTests {
  private final class Said: Sendable {
    private let numbers = Mutex<[Int]>([])
    var all: [Int] { numbers.withLock { $0 } }
    func say(_ number: Int) { numbers.withLock { $0.append(number) } }
  }

  @Test func `a file is forced to the disk, and then all is said, in order`() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(FileManager.default.createFile(atPath: path, contents: nil))
    let file = try #require(FileHandle(forWritingAtPath: path))
    var writer = FileWriter(writingTo: file.fileDescriptor)
    let said = Said()
    for number in 0..<500 {
      writer.buffer.append("\(number)\n")
      try writer.flush()
      try writer.whenDurable { said.say(number) }
    }
    try writer.drain()
    #expect(said.all == Array(0..<500))
    // A descriptor that can't be forced is a failure, and nothing more is said.
    try file.close()
    let closed = DurableOutput(-1)
    try closed.afterwards { said.say(-1) }
    #expect(throws: FileError.self) { try closed.drain() }
    #expect(throws: FileError.self) { try closed.afterwards { said.say(-2) } }
    #expect(said.all.count == 500)
  }

  @Test func `a pipe takes what it is given`() throws {
    let pipe = Pipe()
    let writer = FileWriter(writingTo: pipe.fileHandleForWriting.fileDescriptor)
    let said = Said()
    try writer.whenDurable { said.say(1) }
    #expect(said.all == [1])
  }

  @Test func `a pipe without a reader is told from other failures`() throws {
    let pipe = Pipe()
    try pipe.fileHandleForReading.close()
    signal(SIGPIPE, SIG_IGN)
    var writer = FileWriter(writingTo: pipe.fileHandleForWriting.fileDescriptor)
    writer.buffer.append(1)
    let error = #expect(throws: FileError.self) { try writer.flush() }
    #expect(error?.isReaderGone == true)
  }
}
