internal import Logging
internal import PGOutput
internal import PGWire
internal import ReplicationCore

/// From the moment a commit is asked for until its receiver has it, on an idle server.
///
/// The same session inserts single rows, one after the other; each waits until it was received. All
/// transactions look alike, so that a receiver behind a pipe can tell them by their length alone.
struct Latency {
  /// How many commits.
  let commits: Int
  let url: String

  private static let warmUps = 50
  private static let clock = ContinuousClock()

  private struct NotReceived: Error {}

  /// Through a `Duplex` in this process.
  func ours(slot: String) async throws {
    var params = ReplicationParams(
      connection: try ConnectionOptions(server: url), slot: slot, publications: ["latency"])
    params.logger.logLevel = .warning
    let duplex = try await Client(params).startReplication()
    try await measure { () async throws in
      while let event = try await duplex.recv() {
        if case .commit(let commit) = event {
          let now = Self.clock.now
          duplex.sendStatusUpdate(flush: commit.endLSN)
          return now
        }
      }
      throw NotReceived()
    }
    await duplex.close()
  }

  /// Through another program, whose output is our standard input.
  func pipe() async throws {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let connection = try await connect()
    // The first transaction also brings the relation; the second shows what one is long.
    var length = 0
    for number in 0..<3 {
      _ = try await connection.query(Self.insert(number))
      length = try readUntilSilent(&buffer)
    }
    connection.close()
    try await measure { () async throws in
      var received = 0
      while received < length {
        let count = System.readInput(into: &buffer)
        guard count > 0 else { throw NotReceived() }
        received += count
      }
      return Self.clock.now
    }
  }

  private func readUntilSilent(_ buffer: inout [UInt8]) throws -> Int {
    var received = 0
    guard System.inputIsReady(within: 20_000) else { throw NotReceived() }
    while System.inputIsReady(within: 300) {
      let count = System.readInput(into: &buffer)
      guard count > 0 else { throw NotReceived() }
      received += count
    }
    return received
  }

  /// Prints the 50th and 99th percentile in microseconds.
  private func measure(
    _ receiveCommit: () async throws -> ContinuousClock.Instant
  ) async throws {
    let connection = try await connect()
    var times: [Duration] = []
    for number in 0..<Self.warmUps + commits {
      let start = Self.clock.now
      _ = try await connection.query(Self.insert(number))
      times.append(try await receiveCommit() - start)
    }
    connection.close()
    let sorted = times.dropFirst(Self.warmUps).sorted()
    print(Self.percentile(50, of: sorted), Self.percentile(99, of: sorted))
  }

  /// Always of the same length.
  private static func insert(_ number: Int) -> String {
    "INSERT INTO latency VALUES (\(1_000_000 + number))"
  }

  private static func percentile(_ percent: Int, of sorted: [Duration]) -> Int {
    guard !sorted.isEmpty else { return 0 }
    let index = min(sorted.count * percent / 100, sorted.count - 1)
    return Int(sorted[index] / .microseconds(1))
  }

  private func connect() async throws -> WireConnection {
    try await WireConnection.connect(try ConnectionOptions(server: url))
  }
}
