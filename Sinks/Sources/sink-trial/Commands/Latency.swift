import ArgumentParser
import Foundation
import PGWire

struct Latency: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the time from a commit until a reader of the engine has the row.",
    discussion: """
      The engine is read again and again, all of it each time: it should have little. A figure can \
      be no finer than one reading takes, which is printed too.
      """)

  @Argument(help: "redis, nats, kafka or postgres.")
  var engine: TrialEngine

  @OptionGroup var source: SourceArguments

  @Option(help: "The engine's URL.")
  var to: String

  @Option(help: "The slot, by which the engine's state is found.")
  var slot = TrialTables.slot

  @Option(help: "How many rows to send, one after the other.")
  var samples = 100

  func run() async throws {
    let connection = try await source.connect()
    defer { connection.close() }
    var times: [Duration] = []
    var readings: [Duration] = []
    let clock = ContinuousClock()
    for number in 0..<samples {
      let mark = "mark \(UUID().uuidString)"
      _ = try await connection.query("INSERT INTO bench (a, c) VALUES (\(number), '\(mark)')")
      let start = clock.now
      while true {
        let begun = clock.now
        let isThere = try await has(mark)
        readings.append(clock.now - begun)
        if isThere { break }
        guard clock.now - start < .seconds(60) else {
          throw TrialError("a row has not come within a minute")
        }
      }
      times.append(clock.now - start)
      // The next one must not find the sink busy.
      try await Task.sleep(for: .milliseconds(Int.random(in: 20...60)))
    }
    print(
      "latency in ms: median \(Self.text(times, 0.5)), 99th percentile \(Self.text(times, 0.99)), "
        + "longest \(Self.text(times, 1)); one reading takes \(Self.text(readings, 0.5))")
  }

  private func has(_ mark: String) async throws -> Bool {
    guard engine != .postgres else {
      let options = try ConnectionOptions(to, environment: ProcessInfo.processInfo.environment)
      let target = try await WireConnection.connect(options)
      defer { target.close() }
      return try await !target.column("SELECT 1 FROM bench WHERE c = '\(mark)'").isEmpty
    }
    let bytes = Array(mark.utf8)
    return try await engine.records(at: to, slot: slot).contains { record in
      record.value?.contains(bytes) ?? false
    }
  }

  /// A quantile in milliseconds.
  private static func text(_ times: [Duration], _ part: Double) -> String {
    let sorted = times.sorted()
    guard !sorted.isEmpty else { return "unknown" }
    let index = min(Int(Double(sorted.count) * part), sorted.count - 1)
    return String(format: "%.2f", sorted[index] / .milliseconds(1))
  }
}
