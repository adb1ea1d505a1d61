internal import Logging
internal import PGWire
internal import ReplicationCore

/// Many streams in one process, each with its thread, their events counted together.
struct Streams {
  /// How many at once.
  let count: Int
  /// How many messages all of them take together.
  let messages: Int
  let url: String

  /// Prints wall and processor seconds and messages.
  func run() async throws {
    let duplexes = try await open()
    let clock = ContinuousClock()
    let start = clock.now
    let processor = System.processorSeconds()
    let share = messages / count
    let taken = try await withThrowingTaskGroup(of: Int.self) { group in
      for duplex in duplexes {
        group.addTask { try await Self.take(share, from: duplex) }
      }
      return try await group.reduce(0, +)
    }
    let wall = (clock.now - start) / .seconds(1)
    print(wall, System.processorSeconds() - processor, taken)
    // Not closed one by one: the program ends here.
  }

  private func open() async throws -> [Duplex] {
    var duplexes: [Duplex] = []
    for _ in 0..<count {
      var params = ReplicationParams(
        connection: try ConnectionOptions(server: url), slot: "s", publications: ["p"])
      params.logger.logLevel = .warning
      duplexes.append(try await Client(params).startReplication())
    }
    return duplexes
  }

  @concurrent private static func take(_ share: Int, from duplex: Duplex) async throws -> Int {
    var taken = 0
    while taken < share, try await duplex.recv() != nil { taken += 1 }
    return taken
  }
}
