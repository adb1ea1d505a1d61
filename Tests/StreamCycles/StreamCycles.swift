import Foundation
import Logging
import PGWire
import ReplicationCore
import ReplicationTestKit

/// Opens, uses and ends streams in every way that there is, then prints what the process still
/// holds.
///
///     stream-cycles COUNT    →  {"cycles":1000,"descriptors":0,"threads":0,"residentBytes":1048576}
///
/// The figures are the differences to what it held after a few cycles of warming up.
@main struct StreamCycles {
  static func main() async throws {
    let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1000
    let server = try ReplayServer.start(try recording())
    var options = ReplayServer.Options()
    options.cutAfter = 5000
    let cutting = try ReplayServer.start(try recording(), options)
    try await run(50, server, cutting)
    let before = try await settled()
    try await run(count, server, cutting)
    let after = try await settled()
    print(
      """
      {"cycles":\(count),"descriptors":\(after.descriptors - before.descriptors),\
      "threads":\(after.threads - before.threads),\
      "residentBytes":\(after.residentBytes - before.residentBytes)}
      """)
  }

  private static func run(
    _ count: Int, _ server: ReplayServer, _ cutting: ReplayServer
  ) async throws {
    for cycle in 0..<count {
      let duplex = try await client(cycle % 5 == 4 ? cutting : server)
        .startReplication(tuning: .recording)
      switch cycle % 5 {
      case 0:  // All of it.
        while let event = try await duplex.recv() {
          if case .keepAlive = event { break }
        }
        await duplex.close()
      case 1:  // Closed in the middle, with an acknowledgement racing the close.
        _ = try await duplex.recv()
        async let closing: Void = duplex.close()
        duplex.sendStatusUpdate(flush: LSN(rawValue: 1))
        await closing
      case 2:  // Dropped.
        _ = try await duplex.recv()
      case 3:  // Cancelled while it waits.
        let waiting = Task { while try await duplex.recv() != nil {} }
        waiting.cancel()
        _ = await waiting.result
        await duplex.close()
      default:  // Cut off by the server.
        do {
          while try await duplex.recv() != nil {}
        } catch {}
      }
    }
  }

  private static func client(_ server: ReplayServer) throws -> Client {
    var params = try ReplicationParams(
      url: "postgresql://user@127.0.0.1:\(server.port)/db?sslmode=disable", slot: "s",
      publications: ["p"])
    params.deliversKeepAlives = true
    params.logger = Logger(label: "none") { _ in SwiftLogNoOpLogHandler() }
    return try Client(params)
  }

  /// A few hundred messages that look like those of a server.
  private static func recording() throws -> Recording {
    var bytes = Recording.Header(serverVersion: "17.5", plugin: "pgoutput", options: [:]).encoded
    for index in 1...300 {
      var content = Array("w".utf8)
      for value in [index, index, 0] {
        for shift in 0..<8 { content.append(UInt8(truncatingIfNeeded: value >> (56 - 8 * shift))) }
      }
      bytes += Recording.frame(content + Array("I is not looked into here".utf8))
    }
    return try Recording(bytes)
  }

  private struct Held {
    var descriptors: Int
    var threads: Int
    var residentBytes: Int
  }

  /// What is held once threads that were told to end have done so.
  private static func settled() async throws -> Held {
    var last = try held()
    for _ in 0..<100 {
      try await Task.sleep(for: .milliseconds(50))
      let now = try held()
      if now.descriptors == last.descriptors, now.threads == last.threads, now.threads < 16 {
        return now
      }
      last = now
    }
    return last
  }

  private static func held() throws -> Held {
    let files = FileManager.default
    guard files.fileExists(atPath: "/proc/self/status") else {
      return Held(
        descriptors: try files.contentsOfDirectory(atPath: "/dev/fd").count, threads: 0,
        residentBytes: 0)
    }
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    func value(_ name: String) -> Int {
      let line = status.split(separator: "\n").first { $0.hasPrefix("\(name):") }
      return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }
    return Held(
      descriptors: try files.contentsOfDirectory(atPath: "/proc/self/fd").count,
      threads: value("Threads"), residentBytes: value("VmRSS") * 1024)
  }
}
