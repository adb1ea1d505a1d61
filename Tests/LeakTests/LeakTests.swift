import CAllocationCounter
import Foundation
import Testing

/// A thousand streams, ended in every way that there is, leave nothing behind.
@Suite struct LeakTests {
  private struct Report: Decodable {
    let cycles: Int
    let descriptors: Int
    let threads: Int
    let residentBytes: Int
  }

  @Test(.timeLimit(.minutes(15)))
  func `a thousand streams leak no descriptor, no thread and no memory`() throws {
    let process = Process()
    process.executableURL = try Self.program("stream-cycles")
    process.arguments = ["1000"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let printed = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let report = try JSONDecoder().decode(Report.self, from: printed)
    #expect(report.cycles == 1000)
    #expect(report.descriptors == 0)
    // The pool of cooperative threads may have grown to its size only now.
    #expect(report.threads <= 2)
    // A leaked segment alone has 256 KiB. A sanitizer holds back memory that was freed.
    if allocation_counter_works() == 1 { #expect(report.residentBytes < 16 << 20) }
  }

  /// A program of this package, which was built beside the tests.
  private static func program(_ name: String) throws -> URL {
    var folder = URL(filePath: CommandLine.arguments[0])
    #if os(macOS)
      folder = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL ?? folder
    #endif
    let program = folder.deletingLastPathComponent().appending(path: name)
    try #require(FileManager.default.isExecutableFile(atPath: program.path), "\(program.path)")
    return program
  }
}
